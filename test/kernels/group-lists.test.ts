import fc from 'fast-check';
import { nm } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { groupListShape, type MagnitudeGroups } from '../../src/kernels/group-lists.js';
import { instantiateLaneKernels, type KernelBuild } from '../../src/kernels/index.js';
import { backwardWalks, forwardWalk, type LaneWalk, laneBytes } from '../../src/kernels/offset-lists.js';
import { createRng } from '../../src/rng.js';
import { kernelBuilds } from '../support/kernel-builds.js';
import { createArena } from './arena.js';

/** A convolution of which only the kernel and what it walks over matter. */
const cases = fc.record({
  inChannels: fc.integer({ min: 1, max: 21 }),
  outChannels: fc.integer({ min: 4, max: 70 }),
  kernelHeight: fc.integer({ min: 1, max: 3 }),
  kernelWidth: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  segments: fc.integer({ min: 1, max: 3 }),
  n: fc.integer({ min: 1, max: 2 }),
  m: fc.integer({ min: 2, max: 9 }),
  fewValues: fc.boolean(),
  seed: fc.nat(1000),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

const geometry = ({ inChannels, outChannels, kernelHeight, kernelWidth, stride }: Case) => ({
  ...{ batch: 0, inHeight: 7, inWidth: 7, inChannels, outHeight: 3, outWidth: 3, outChannels, kernelHeight, kernelWidth },
  ...{ strideHeight: stride, strideWidth: stride, dilationHeight: 1, dilationWidth: 1, padTop: 0, padLeft: 0 },
});

/** Many ties, zeros of both signs and a number below the normal ones among them; or none. */
function weightsOf({ inChannels, outChannels, kernelHeight, kernelWidth, fewValues, seed }: Case): Float32Array {
  const rng = createRng(seed);
  const few = [0, -0, 1, -1, 2, -2, 1e-40, -1e-40];
  const draw = () => (fewValues ? (few[Math.floor(8 * rng.uniform())] as number) : rng.normal());
  return Float32Array.from({ length: kernelHeight * kernelWidth * inChannels * outChannels }, draw);
}

/** Index in the dense kernel of a row's weight. */
const indexOf = ({ shape: { neighbours, rows, channels } }: LaneWalk, start: number, row: number, channel: number) =>
  start + (neighbours === 'rows' ? channel * rows + row : row * channels + channel);

/** A list made on a memory of its own. */
function listed(
  build: KernelBuild,
  walk: LaneWalk,
  segments: number,
  groups: MagnitudeGroups,
  weights: Float32Array,
  factor?: number,
) {
  const arena = createArena(build);
  const kernels = instantiateLaneKernels(arena.memory, build);
  const shape = groupListShape({ ...walk.shape, segments }, groups);
  const taps = arena.putWords(
    Uint32Array.from([...shape.taps.map(({ start }) => start), ...shape.taps.map(({ offset }) => offset)]),
  );
  const pointers = { taps, offsets: arena.room(4 * shape.entries) };
  const values = arena.room(4 * shape.entries);
  const weightsAt = arena.put(weights);
  const term = arena.room(4 * weights.length);
  const decay = factor === undefined ? [] : ([{ factor, term }] as const);
  const made = kernels.listGroups(shape, pointers, weightsAt, values, arena.room(16 * groups.m), ...decay);
  const offsets = new Uint32Array(arena.memory.buffer, pointers.offsets, shape.entries).slice();
  const all = { values: arena.read(values, shape.entries), term: arena.read(term, weights.length) };
  return { shape, made, offsets, ...all };
}

const walks = (c: Case): LaneWalk[] => [forwardWalk(geometry(c)), ...backwardWalks(geometry(c))];

const maskOf = (c: Case, weights: Float32Array, axis: 'input' | 'output') =>
  nm({ n: Math.min(c.n, c.m), m: c.m, axis })(
    weights.map(Math.abs),
    {
      ...{ name: 'kernel', kind: 'conv2d', inputAxis: 2, outputAxis: 3 },
      shape: [c.kernelHeight, c.kernelWidth, c.inChannels, c.outChannels],
    },
    0.5,
  );

describe.each(kernelBuilds)('lists of N:M groups, %s SIMD', (build) => {
  it('are the weights that the masks of the pure functions keep, in the order of segments, taps and channels', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const weights = weightsOf(c);
        for (const walk of walks(c)) {
          const { shape, offsets, values, made } = listed(build, walk, c.segments, c, weights);
          const mask = maskOf(c, weights, walk.shape.neighbours === 'rows' ? 'input' : 'output');
          const expected: [offset: number, value: number][] = [];
          const rowStart: number[] = [];
          for (const { firstTap, taps, first, width } of shape.segments)
            for (let row = 0; row < shape.rows; row++) {
              rowStart.push(expected.length);
              for (const { start, offset } of shape.taps.slice(firstTap, firstTap + taps))
                for (let channel = first; channel < first + width; channel++) {
                  const index = indexOf(walk, start, row, channel);
                  if (mask[index]) expected.push([offset + channel * laneBytes, weights[index] as number]);
                }
            }
          expect(made).toBe(true);
          expect(shape.rowStart).toEqual(Uint32Array.from([...rowStart, expected.length]));
          expect(offsets).toEqual(Uint32Array.from(expected, ([offset]) => offset));
          expect(values).toEqual(Float32Array.from(expected, ([, value]) => value));
        }
      }),
      { numRuns: 60, seed: 71 },
    );
  });

  it('take the first of equal magnitudes and keep signs, in a case made by hand', () => {
    // Four outputs (columns) of four inputs, 2:4 along the inputs.
    const weights = Float32Array.of(3, 1, 0, -5, -3, 1, 0, 2, 3, -1, 0, -2, 4, 1, 0, 5);
    const c = { ...{ inChannels: 4, outChannels: 4, kernelHeight: 1, kernelWidth: 1, stride: 1, segments: 1 } } as const;
    const { offsets, values } = listed(build, forwardWalk(geometry(c as Case)), 1, { n: 2, m: 4 }, weights);
    expect([...offsets].map((offset) => offset / laneBytes)).toEqual([0, 3, 0, 1, 0, 1, 0, 3]);
    expect([...values]).toEqual([3, 4, 1, 1, 0, 0, -5, 5]);
  });

  it('cannot be made of NaN and infinities', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 5, 63]) {
        const weights = new Float32Array(64).fill(1);
        weights[at] = bad;
        const c = { inChannels: 8, outChannels: 8, kernelHeight: 1, kernelWidth: 1, stride: 1 } as Case;
        for (const walk of walks(c)) expect(listed(build, walk, 1, { n: 2, m: 4 }, weights).made).toBe(false);
      }
    }
  });

  it('are the same when what decays is written with them: the weights that are not listed', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const weights = weightsOf(c);
        const walk = forwardWalk(geometry(c));
        const [plain, decaying] = [
          listed(build, walk, c.segments, c, weights),
          listed(build, walk, c.segments, c, weights, 0.25),
        ];
        expect(decaying.offsets).toEqual(plain.offsets);
        expect(decaying.values).toEqual(plain.values);
        const mask = maskOf(c, weights, 'input');
        expect(decaying.term).toEqual(weights.map((w, i) => (mask[i] ? 0 : 0.25 * w)));
      }),
      { numRuns: 40, seed: 72 },
    );
  });
});
