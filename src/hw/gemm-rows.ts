import { shiftPlanes, type TapRange, transposeBits } from '../kernels/index.js';
import { copyBits, readBits, wordsFor } from './bits.js';
import type { GemmWork, LoopNest } from './contracts.js';
import type { GemmShape } from './gemm-shapes.js';
import { type GatherAxis, validRange } from './nest-axes.js';

/** Writes rows of a weight gradient, from `start` on, as many as `rows` holds: each is what a tap sees of a channel's plane. */
export function tapRows(
  planes: Uint32Array,
  { inChannels, groups, batch, stride }: LoopNest,
  axes: GemmShape['axes'],
  group: number,
  start: number,
  rows: Uint32Array,
  wordsPerRow: number,
): void {
  const perGroup = inChannels / groups;
  const planeWords = planes.length / inChannels;
  const end = start + rows.length / wordsPerRow;
  for (let row = start; row < end; ) {
    const tap = Math.floor(row / perGroup);
    const next = Math.min(end, (tap + 1) * perGroup);
    const channel = group * perGroup + (row % perGroup);
    const words = planes.subarray(channel * planeWords, (channel + next - row) * planeWords);
    const target = rows.subarray((row - start) * wordsPerRow, (next - start) * wordsPerRow);
    shiftPlanes({ words, planes: next - row, images: batch, stride: stride[2] }, axes, tapRanges(axes, tap), target);
    row = next;
  }
}

function tapRanges([depth, height, width]: GemmShape['axes'], tap: number): [TapRange, TapRange, TapRange] {
  const rangeOf = (axis: GatherAxis, number: number): TapRange => {
    const [first, end] = validRange(axis, number);
    return { tap: number, first, end };
  };
  const line = Math.floor(tap / width.taps.length);
  return [
    rangeOf(depth, Math.floor(line / height.taps.length)),
    rangeOf(height, line % height.taps.length),
    rangeOf(width, tap % width.taps.length),
  ];
}

/**
 * Transposes [pixels, channels] to one row of words per channel. With a stride the pixels of each line of `width` are ordered by their
 * remainder modulo the stride, so that strided reads become runs.
 */
export function channelPlanes(source: Uint32Array, channels: number, pixels: number, stride: number, width = 1): Uint32Array {
  if (stride === 1) return transposeBits(source, pixels, channels);
  const lineBits = stride * Math.ceil(width / stride);
  const planeWords = wordsFor((pixels / width) * lineBits);
  const planes = new Uint32Array(channels * planeWords);
  const places = Uint32Array.from({ length: width }, (_, x) => polyphase(x, stride, lineBits));
  let bit = 0;
  for (let line = 0; line < pixels / width; line++) {
    for (let x = 0; x < width; x++) {
      const place = line * lineBits + places[x];
      const one = 1 << (place & 31);
      const word = place >>> 5;
      for (let channel = 0; channel < channels; channel += 32) {
        const length = channels - channel < 32 ? channels - channel : 32;
        let rest = readBits(source, bit, length);
        bit += length;
        while (rest !== 0) {
          planes[(channel + 31 - Math.clz32(rest & -rest)) * planeWords + word] |= one;
          rest &= rest - 1;
        }
      }
    }
  }
  return planes;
}

/** Place of coordinate x in a line ordered by x modulo the stride. */
function polyphase(x: number, stride: number, lineBits: number): number {
  return (x % stride) * (lineBits / stride) + Math.floor(x / stride);
}

/** Kernel rows of the input gradient, [group, input channel][taps of the class, output channel]: the kernel, rotated. */
export function backwardKernelRows({ nest, kernel }: GemmWork, { n, k, groups, axes }: GemmShape): Uint32Array {
  const wordsPerRow = wordsFor(k);
  const rows = new Uint32Array(groups * n * wordsPerRow);
  const perGroup = nest.outChannels / groups;
  let to = 0;
  for (const td of axes[0].taps) {
    for (const th of axes[1].taps) {
      for (const tw of axes[2].taps) {
        const tap = (td * nest.kernelSize[1] + th) * nest.kernelSize[2] + tw;
        for (let group = 0; group < groups; group++) {
          for (let channel = 0; channel < n; channel++) {
            const from = (tap * n + channel) * nest.outChannels + group * perGroup;
            copyBits(kernel.nonzeros.words, from, rows, (group * n + channel) * wordsPerRow * 32 + to, perGroup);
          }
        }
        to += perGroup;
      }
    }
  }
  return rows;
}
