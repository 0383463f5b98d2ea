import type { FilterBits, FilterSet } from '../../kernels/index.js';
import { countBits, sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { type GemmShape, gemmShapes } from '../gemm-shapes.js';
import { lowerGemm } from '../gemm-view.js';
import { nestPhase } from '../nest-axes.js';
import { wholeBatch } from '../whole-batch.js';

/**
 * One GEMM of a work as filters that are taken row by row: a row holds `lanes` consecutive channels under one tap. Taps are taken column by
 * column, as the public simulator does.
 */
export interface FilterLayer {
  /** Whose values the filters are. */
  readonly operand: 'input' | 'kernel';
  /** Rows of a filter before any is skipped: taps * ceil(perTap / lanes). */
  readonly rows: number;
  /** Weights of a filter: taps * perTap. */
  readonly weights: number;
  /** Filters of one group of channels. */
  readonly filtersPerGroup: number;
  /** What the tiles take one after another. */
  readonly sets: readonly FilterSet[];
  /** Images of the real batch, and dot products of a filter in each; of a dense layer the batch is one image. */
  readonly images: number;
  readonly windowsPerImage: number;
  /** Which weights of all filters are not zero. */
  bits(): FilterBits;
  /** How many. */
  nonzeros(): number;
}

/** How filters are cut into rows and sets. */
export interface RowShape {
  /** Multipliers of a processing element: weights of one filter in a row. */
  readonly lanes: number;
  /** Processing elements of a tile: filters that take their rows together. */
  readonly filters: number;
}

/**
 * The GEMMs of a work, one per class of pixels of a strided input gradient, all groups of channels together. Filters are the rows of the
 * kernel operand: output channels forward, input channels in the input gradient; in the weight gradient the channels of E, along whose
 * pixels rows run, and a window is a tap of an input channel. In the weight gradient of a transposed layer the filters are the channels
 * of A; `turned` makes them the taps of the channels of E, whose windows are the channels of A.
 *
 * Of a depthwise layer each filter has a lane of its own, and as many share a tile as it has lanes; groups of several channels do not share
 * one, as in the public simulator. A set counts as a group: tiles never work on sets of different channels.
 *
 * @example
 * ```ts
 * const nest = denseNest({batch: 2, inFeatures: 40, outFeatures: 20});
 * const bits = (role: 'A' | 'W', shape: number[]) => ({role, source: 'fc', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: bits('A', [2, 40]), kernel: bits('W', [40, 20]), imageScale: 1,
 * };
 * const [layer] = filterLayers(work, {lanes: 16, filters: 16});
 * [layer.rows, layer.sets.length, layer.windowsPerImage]; // [3, 2, 2]
 * ```
 */
export function filterLayers(work: GemmWork, array: RowShape, turned = false): readonly FilterLayer[] {
  const gradient = work.phase === 'weightGradient';
  const operand = (gradient && work.nest.transposed) !== turned ? 'input' : 'kernel';
  const batch = Math.round(work.nest.batch * work.imageScale);
  const shapes = gemmShapes(gradient ? { ...work.nest, batch } : work.nest, work.phase);
  let views: ReturnType<typeof lowerGemm> | undefined;
  return shapes.map((shape, i) => {
    const { k, groups } = shape;
    const [m, n] = turned ? [shape.n, shape.m] : [shape.m, shape.n];
    const taps = gradient ? [0] : tapsByColumn(shape);
    const perTap = k / taps.length;
    const images = gradient || isOnePixel(work) ? 1 : batch;
    const bits = (): FilterBits => {
      views ??= lowerGemm(gradient ? wholeBatch(work) : work); // its rows run along the images
      const own = views.slice(i * groups, (i + 1) * groups);
      const [{ wordsPerRow }] = own;
      return {
        words: joined(own.map((view) => (turned ? view.rowBits(0, n) : view.kernelRows()))),
        wordsPerFilter: wordsPerRow,
        taps,
        perTap,
      };
    };
    // Where an axis is shorter than the stride some taps meet no pixel, and the one class of pixels leaves their weights out.
    const allWeights = !gradient && n * k * groups === sizeOf(work.kernel.nonzeros.shape);
    return {
      operand,
      rows: taps.length * Math.ceil(perTap / array.lanes),
      weights: k,
      filtersPerGroup: n,
      sets: filterSets(n, groups, isDepthwise(work) ? perTap : undefined, array),
      images,
      windowsPerImage: gradient ? m : Math.round((m * work.imageScale) / images),
      bits,
      nonzeros: () => countBits(allWeights ? work.kernel.nonzeros : { shape: [], words: bits().words }),
    };
  });
}

/** Places of the taps in a filter (depth, height, width; the last index fastest), those of a column one after another. */
function tapsByColumn({ axes }: GemmShape): number[] {
  const [depth, height, width] = axes.map(({ taps }) => taps.length);
  return Array.from({ length: depth * height * width }, (_, step) => {
    const y = step % height;
    const x = Math.floor(step / height) % width;
    return (Math.floor(step / (height * width)) * height + y) * width + x;
  });
}

/** Whether the maps that the work makes have one pixel, so that the images of the batch are the windows. */
function isOnePixel({ nest, phase }: GemmWork): boolean {
  const size = nestPhase(nest, phase) === 'forward' ? nest.outSize : nest.inSize;
  return size.every((length) => length === 1);
}

function isDepthwise({ nest: { groups, inChannels } }: GemmWork): boolean {
  return groups > 1 && groups === inChannels;
}

/** @param ownLanes of each group, where groups share the lanes of a tile. */
function filterSets(n: number, groups: number, ownLanes: number | undefined, { lanes, filters }: RowShape): FilterSet[] {
  const together = ownLanes ? Math.max(1, Math.min(Math.floor(lanes / ownLanes), Math.floor(filters / n))) : 1;
  const sets: FilterSet[] = [];
  for (let group = 0; group < groups; group += together) {
    const end = Math.min(groups, group + together) * n;
    for (let first = group * n; first < end; first += filters) {
      const own = Array.from({ length: Math.min(filters, end - first) }, (_, i) => first + i);
      sets.push({ filters: own, firstLanes: own.map((filter) => (Math.floor(filter / n) - group) * (ownLanes ?? 0)) });
    }
  }
  return sets;
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0];
  const words = new Uint32Array(parts.length * parts[0].length);
  parts.forEach((part, i) => {
    words.set(part, i * part.length);
  });
  return words;
}
