import { gatherRows, transposeBits } from '../../kernels/index.js';
import { wordsFor } from '../bits.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { forwardAxis, type GatherAxis, nestPhase } from '../nest-axes.js';

/** A GEMM as a sum of outer products, one per reduction index: which rows are non-zero there, and which filters. */
export interface OuterProducts {
  readonly rows: number;
  readonly filters: number;
  readonly firstFilter: number;
  readonly reductions: number;
  /** The rows' bits of the indices start .. start + count - 1, whole words for each. */
  rowBits(start: number, count: number): Uint32Array;
  /** The filters' bits of index i begin at bit filterFrom + i * filterStride. */
  readonly filterBits: Uint32Array;
  readonly filterFrom: number;
  readonly filterStride: number;
}

/** Whether a layer has no map, so that its images are all that can be laid over the elements. */
export function isDense({ inSize, outSize, kernelSize }: LoopNest): boolean {
  return [...inSize, ...outSize, ...kernelSize].every((size) => size === 1);
}

/**
 * The outer products of a work, group by group.
 *
 * | work | row | filter | reduction |
 * |---|---|---|---|
 * | dense layer, forward | image | output | input |
 * | dense layer, inputGradient | image | input | output |
 * | weightGradient | tap and input channel | output channel | image and output pixel |
 */
export function outerProducts(work: GemmWork): readonly OuterProducts[] {
  const { nest, phase } = work;
  const of = { forward: forwardProducts, inputGradient: backwardProducts, weightGradient: gradientProducts }[
    nestPhase(nest, phase)
  ];
  return Array.from({ length: nest.groups }, of(work));
}

type OfGroup = (_: unknown, group: number) => OuterProducts;

function forwardProducts({ nest, input, kernel }: GemmWork): OfGroup {
  const { batch, inChannels, outChannels, groups } = nest;
  const [reductions, filters] = [inChannels / groups, outChannels / groups];
  const images = transposeBits(input.nonzeros.words, batch, inChannels);
  return (_, group) => ({
    ...{ rows: batch, filters, firstFilter: group * filters, reductions },
    rowBits: planesFrom(images, wordsFor(batch), group * reductions),
    ...{ filterBits: kernel.nonzeros.words, filterFrom: group * filters, filterStride: outChannels },
  });
}

function backwardProducts({ nest, input, kernel }: GemmWork): OfGroup {
  const { batch, inChannels, outChannels, groups } = nest;
  const [reductions, filters] = [outChannels / groups, inChannels / groups];
  const images = transposeBits(input.nonzeros.words, batch, outChannels);
  const columns = transposeBits(kernel.nonzeros.words, filters, outChannels);
  const filterStride = 32 * wordsFor(filters);
  return (_, group) => ({
    ...{ rows: batch, filters, firstFilter: group * filters, reductions },
    rowBits: planesFrom(images, wordsFor(batch), group * reductions),
    ...{ filterBits: columns, filterFrom: group * reductions * filterStride, filterStride },
  });
}

function planesFrom(planes: Uint32Array, words: number, first: number): OuterProducts['rowBits'] {
  return (start, count) => planes.subarray((first + start) * words, (first + start + count) * words);
}

function gradientProducts(work: GemmWork): OfGroup {
  const { nest } = work;
  const [x, y] = gemmSides(work);
  const { inChannels, outChannels, groups } = nest;
  const [perGroup, filters] = [inChannels / groups, outChannels / groups];
  const axes: readonly [GatherAxis, GatherAxis, GatherAxis] = [forwardAxis(nest, 0), forwardAxis(nest, 1), forwardAxis(nest, 2)];
  const rows = axes.reduce((product, { taps }) => product * taps.length, perGroup);
  const wordsPerRow = wordsFor(rows);
  return (_, group) => ({
    ...{ rows, filters, firstFilter: group * filters },
    reductions: axes.reduce((product, { count }) => product * count, nest.batch),
    rowBits(start, count) {
      const words = new Uint32Array(count * wordsPerRow);
      const range = { channels: inChannels, first: group * perGroup, count: perGroup };
      gatherRows(x.nonzeros.words, axes, range, start, words, wordsPerRow);
      return words;
    },
    ...{ filterBits: y.nonzeros.words, filterFrom: group * filters, filterStride: outChannels },
  });
}
