import { sizeOf } from '../bits.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { forEachNonzero } from './for-each-nonzero.js';

/** Non-zero weights by [remainder of the stride that they meet][source channel]; in the input gradient every product lands. */
export function weightsByRemainder({ nest, kernel }: GemmWork, forward: boolean): Uint32Array {
  const { kernelSize, stride, dilation, inChannels, outChannels, groups } = nest;
  const inGroup = inChannels / groups;
  const outGroup = outChannels / groups;
  const channels = forward ? inChannels : outChannels;
  const weights = new Uint32Array((forward ? sizeOf(stride) : 1) * channels);
  forEachNonzero(kernel.nonzeros.words, sizeOf(kernelSize) * inGroup, outChannels, (line, output) => {
    const tap = Math.floor(line / inGroup);
    const [td, th, tw] = [
      Math.floor(tap / (kernelSize[1] * kernelSize[2])),
      Math.floor(tap / kernelSize[2]) % kernelSize[1],
      tap % kernelSize[2],
    ];
    const remainder = forward ? remainderIndex([td * dilation[0], th * dilation[1], tw * dilation[2]], stride) : 0;
    const channel = forward ? Math.floor(output / outGroup) * inGroup + (line % inGroup) : output;
    weights[remainder * channels + channel]++;
  });
  return weights;
}

/** Remainder of each input pixel, counted from the edge of the padding: it meets the taps of the same remainder. */
export function pixelRemainders({ inSize, padBefore, stride }: LoopNest): Uint32Array {
  const [depth, height, width] = inSize;
  return Uint32Array.from({ length: depth * height * width }, (_, pixel) => {
    const [z, y, x] = [Math.floor(pixel / (height * width)), Math.floor(pixel / width) % height, pixel % width];
    return remainderIndex([z + padBefore[0], y + padBefore[1], x + padBefore[2]], stride);
  });
}

function remainderIndex(at: readonly number[], stride: readonly number[]): number {
  return ((at[0] % stride[0]) * stride[1] + (at[1] % stride[1])) * stride[2] + (at[2] % stride[2]);
}
