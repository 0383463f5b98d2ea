import { wordsFor } from '../bits.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { channelPlanes, gatherRows } from '../gemm-rows.js';
import { forwardAxis, type GatherAxis, nestPhase } from '../nest-axes.js';
import type { BitRun } from './ones-of.js';

/** A GEMM as a sum of outer products, one per reduction index: which rows are non-zero there, and which filters. */
export interface OuterProducts {
  readonly rows: number;
  readonly filters: number;
  readonly firstFilter: number;
  readonly reductions: number;
  /** Where the bits of a reduction index begin. */
  rowBits(reduction: number): BitRun;
  filterBits(reduction: number): BitRun;
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
  const images = channelPlanes(input.nonzeros.words, inChannels, batch, 1);
  return (_, group) => ({
    ...{ rows: batch, filters, firstFilter: group * filters, reductions },
    rowBits: (channel) => ({ words: images, from: (group * reductions + channel) * wordsFor(batch) * 32 }),
    filterBits: (channel) => ({ words: kernel.nonzeros.words, from: channel * outChannels + group * filters }),
  });
}

function backwardProducts({ nest, input, kernel }: GemmWork): OfGroup {
  const { batch, inChannels, outChannels, groups } = nest;
  const [reductions, filters] = [outChannels / groups, inChannels / groups];
  const images = channelPlanes(input.nonzeros.words, outChannels, batch, 1);
  const columns = channelPlanes(kernel.nonzeros.words, outChannels, filters, 1);
  return (_, group) => ({
    ...{ rows: batch, filters, firstFilter: group * filters, reductions },
    rowBits: (channel) => ({ words: images, from: (group * reductions + channel) * wordsFor(batch) * 32 }),
    filterBits: (channel) => ({ words: columns, from: (group * reductions + channel) * wordsFor(filters) * 32 }),
  });
}

function gradientProducts({ nest, input, kernel }: GemmWork): OfGroup {
  const [x, y] = nest.transposed ? [kernel, input] : [input, kernel];
  const { inChannels, outChannels, groups } = nest;
  const [perGroup, filters] = [inChannels / groups, outChannels / groups];
  const axes: readonly [GatherAxis, GatherAxis, GatherAxis] = [forwardAxis(nest, 0), forwardAxis(nest, 1), forwardAxis(nest, 2)];
  const rows = axes.reduce((product, { taps }) => product * taps.length, perGroup);
  const words = new Uint32Array(wordsFor(rows));
  return (_, group) => ({
    ...{ rows, filters, firstFilter: group * filters },
    reductions: axes.reduce((product, { count }) => product * count, nest.batch),
    rowBits(pixel) {
      words.fill(0);
      gatherRows(x.nonzeros.words, axes, inChannels, group * perGroup, perGroup, pixel, 1, words, words.length * 32);
      return { words, from: 0 };
    },
    filterBits: (pixel) => ({ words: y.nonzeros.words, from: pixel * outChannels + group * filters }),
  });
}
