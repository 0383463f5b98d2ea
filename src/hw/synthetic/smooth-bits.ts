import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import type { Rng } from '../../rng.js';
import { sizeOf, wordsFor } from '../bits.js';
import type { BitTensor } from '../contracts.js';
import { checkDensity } from './check-density.js';
import { densityAt, densityCurve } from './density-curve.js';

/** Density of {@link smoothBits}. */
export interface SmoothOptions {
  /** Mean share of non-zeros, in [0, 1]. */
  readonly density: number;
  /** Standard deviation of the density over the map as a share of sqrt(density * (1 - density)), in [0, 1). @default 0.3 */
  readonly spread?: number;
}

/** Nodes of the field along an axis of a map: the density rises and falls over about a quarter of it. */
const nodesPerAxis = 5;

/**
 * Random bits whose density varies smoothly over each map: a normal field, drawn at 5 x 5 nodes, interpolated between them, and turned
 * into densities of the mean and the spread asked for. Half of a field's variance is the channel's own, half is shared by all channels
 * of an image, as an object lies where it lies in all of them.
 *
 * @param shape [..., height, width, channels]; the leading axes are images.
 * @throws SparsityError for an unknown option, for a shape without height and width, and when the density is outside [0, 1] or the spread
 * outside [0, 1).
 * @example
 * ```ts
 * smoothBits([2, 1, 28, 28, 64], {density: 0.5, spread: 0.4}, createRng(7));
 * ```
 */
export function smoothBits(shape: readonly number[], options: SmoothOptions, rng: Rng): BitTensor {
  checkOptionNames('smoothBits', options, { density: true, spread: true });
  const { density, spread = 0.3 } = options;
  checkDensity(density, spread);
  if (shape.length < 3) {
    const pixels = [...shape.slice(0, -1), 1, 1, ...shape.slice(-1)].join(', ');
    const fix = `write [${pixels}] for maps of one pixel`;
    throw new SparsityError({ what: 'shape of smooth bits', got: shape, expected: '[..., height, width, channels]', fix });
  }
  const [height, width, channels] = shape.slice(-3);
  const curve = densityCurve(density, spread);
  const [rows, cols] = [interpolation(height), interpolation(width)];
  const words = new Uint32Array(wordsFor(sizeOf(shape)));
  const line = new Float64Array(cols.nodes * channels);
  for (let i = 0; i < sizeOf(shape); ) {
    const field = nodeField(rows.nodes * cols.nodes, channels, rng);
    for (let y = 0; y < height; y++) {
      const upper = rows.first[y] * line.length;
      const lower = rows.nodes > 1 ? upper + line.length : upper;
      for (let k = 0; k < line.length; k++) line[k] = rows.before[y] * field[upper + k] + rows.behind[y] * field[lower + k];
      for (let x = 0; x < width; x++) {
        const left = cols.first[x] * channels;
        const right = cols.nodes > 1 ? left + channels : left;
        for (let c = 0; c < channels; c++, i++) {
          const z = cols.before[x] * line[left + c] + cols.behind[x] * line[right + c];
          if (rng.uniform() < densityAt(curve, z)) words[i >>> 5] |= 1 << (i & 31);
        }
      }
    }
  }
  return { shape, words };
}

/** Standard normal values, node by node for each channel: what the channels share and what is their own, in equal parts. */
function nodeField(nodes: number, channels: number, rng: Rng): Float64Array {
  const field = new Float64Array(nodes * channels);
  for (let node = 0; node < nodes; node++) {
    const shared = rng.normal();
    for (let c = 0; c < channels; c++) field[node * channels + c] = (shared + rng.normal()) * Math.SQRT1_2;
  }
  return field;
}

/** Between which nodes the pixels of an axis lie, with weights that keep the variance of the nodes. */
function interpolation(size: number) {
  const nodes = Math.min(nodesPerAxis, size);
  const place = (pixel: number) => (size > 1 ? (pixel * (nodes - 1)) / (size - 1) : 0);
  const pixels = Array.from({ length: size }, (_, pixel) => {
    const first = Math.min(Math.floor(place(pixel)), Math.max(0, nodes - 2));
    const t = place(pixel) - first;
    const norm = Math.hypot(1 - t, t);
    return { first, before: (1 - t) / norm, behind: t / norm };
  });
  return {
    nodes,
    first: pixels.map(({ first }) => first),
    before: pixels.map(({ before }) => before),
    behind: pixels.map(({ behind }) => behind),
  };
}
