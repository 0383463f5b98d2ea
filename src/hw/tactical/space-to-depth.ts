import { copyBits, sizeOf, wordsFor } from '../bits.js';
import type { BitTensor, GemmWork, LoopNest } from '../contracts.js';
import { convNest } from '../loop-nest.js';

/**
 * The forward pass of an image network's first layer (three channels, a stride) as the public simulator lays it out for the tiles of 003: a
 * block of `stride` by `stride` pixels is one pixel with as many times the channels, column by column, and the stride is 1, so that more
 * than three lanes of a tile have work. What kernel and map have beyond the old ones is zero; the effectual products are the same. Other
 * works come back as they are.
 *
 * Source: the public simulator; 003 does not say it. Models take a layer as their work has it: pass them the folded one.
 *
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [227, 227], inChannels: 3, outChannels: 96, kernelSize: [11, 11], stride: [4, 4]});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'conv1', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'conv1', phase: 'forward', nest, imageScale: 1,
 *   input: operand('A', [1, 227, 227, 3]), kernel: operand('W', [11, 11, 3, 96]),
 * };
 * tacticalCycles(work).denseCycles; // 732050: 3 of 16 lanes under each of 121 taps
 * tacticalCycles(spaceToDepth(work)).denseCycles; // 163350: 48 channels under each of 9
 * ```
 */
export function spaceToDepth(work: GemmWork): GemmWork {
  const { nest, input, kernel } = work;
  if (work.phase !== 'forward' || !isFirstLayer(nest)) return work;
  const { batch, inChannels, outChannels } = nest;
  const [, ...block] = nest.stride;
  const [, ...map] = nest.inSize;
  const [, ...taps] = nest.kernelSize;
  const kernelSize = taps.map((size, axis) => Math.ceil(size / block[axis]));
  const inSize = kernelSize.map((size, axis) => nest.outSize[axis + 1] + size - 1);
  const channels = inChannels * sizeOf(block);
  const [, ...before] = nest.padBefore;
  const maps = folded(input.nonzeros, { planes: batch, from: map, to: inSize, block, before, run: inChannels });
  const weights = folded(kernel.nonzeros, {
    ...{ planes: 1, from: taps, to: kernelSize, block, before: [0, 0], run: inChannels * outChannels },
  });
  return {
    ...work,
    nest: convNest({ batch, inSize, inChannels: channels, outChannels, kernelSize }),
    input: { ...input, nonzeros: { shape: [batch, ...inSize, channels], words: maps } },
    kernel: { ...kernel, nonzeros: { shape: [...kernelSize, channels, outChannels], words: weights } },
  };
}

/** As the simulator has it: three channels and a stride. It knows no depth, groups, dilation or transposed layers. */
function isFirstLayer({ inChannels, stride, inSize, outSize, kernelSize, dilation, groups, transposed }: LoopNest): boolean {
  const isFlat = [inSize, outSize, kernelSize].every(([depth]) => depth === 1);
  return inChannels === 3 && stride[1] > 1 && isFlat && sizeOf(dilation) === 1 && groups === 1 && !transposed;
}

/** Planes of runs of bits, and the planes that their blocks make: sizes are rows and columns. */
interface Fold {
  readonly planes: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly block: readonly number[];
  /** Padding before the first row and column. */
  readonly before: readonly number[];
  readonly run: number;
}

function folded({ words }: BitTensor, { planes, from, to, block, before, run }: Fold): Uint32Array {
  const target = new Uint32Array(wordsFor(planes * sizeOf(to) * sizeOf(block) * run));
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < from[0]; y++) {
      const row = Math.floor((y + before[0]) / block[0]);
      for (let x = 0; x < from[1]; x++) {
        const column = Math.floor((x + before[1]) / block[1]);
        if (row >= to[0] || column >= to[1]) continue; // no window reaches so far
        const place = ((x + before[1]) % block[1]) * block[0] + ((y + before[0]) % block[0]);
        const pixel = (plane * to[0] + row) * to[1] + column;
        copyBits(words, ((plane * from[0] + y) * from[1] + x) * run, target, (pixel * sizeOf(block) + place) * run, run);
      }
    }
  }
  return target;
}
