import { transposeBits } from '../kernels/index.js';
import { copyBits, readBits, wordsFor } from './bits.js';
import type { GemmWork, LoopNest } from './contracts.js';
import type { GemmShape } from './gemm-shapes.js';
import { type GatherAxis, validRange } from './nest-axes.js';

/** Runs of bits that are neighbours in the source are copied whole: all taps of a kernel row, where channels are not split. */
export function gatherRows(
  source: Uint32Array,
  axes: readonly [GatherAxis, GatherAxis, GatherAxis],
  channels: number,
  firstChannel: number,
  perGroup: number,
  start: number,
  count: number,
  rows: Uint32Array,
  bitsPerRow: number,
): void {
  const [depth, height, width] = axes;
  const taps = width.offsets.length;
  const whole = channels === perGroup && (taps === 1 || width.offsets[1] - width.offsets[0] === 1);
  for (let i = 0; i < count; i++) {
    const row = start + i;
    const x = (row % width.count) * width.scale;
    const rest = Math.floor(row / width.count);
    const y = (rest % height.count) * height.scale;
    const rest2 = Math.floor(rest / height.count);
    const z = (rest2 % depth.count) * depth.scale;
    const image = Math.floor(rest2 / depth.count);
    const left = x + width.offsets[0];
    const first = left < 0 ? -left : 0;
    const end = left + taps > width.size ? width.size - left : taps;
    let to = i * bitsPerRow;
    for (let td = 0; td < depth.offsets.length; td++) {
      const sourceZ = z + depth.offsets[td];
      for (let th = 0; th < height.offsets.length; th++, to += taps * perGroup) {
        const sourceY = y + height.offsets[th];
        if (sourceZ < 0 || sourceZ >= depth.size || sourceY < 0 || sourceY >= height.size) continue;
        const line = ((image * depth.size + sourceZ) * height.size + sourceY) * width.size;
        if (whole) {
          if (end > first) {
            copyBits(source, (line + left + first) * channels, rows, to + first * channels, (end - first) * channels);
          }
          continue;
        }
        for (let tw = 0; tw < taps; tw++) {
          const sourceX = x + width.offsets[tw];
          if (sourceX < 0 || sourceX >= width.size) continue;
          copyBits(source, (line + sourceX) * channels + firstChannel, rows, to + tw * perGroup, perGroup);
        }
      }
    }
  }
}

/** Writes the plane of a channel, as seen by one tap, as a row over images and output pixels. */
export function shiftPlane(
  planes: Uint32Array,
  channel: number,
  nest: LoopNest,
  axes: readonly [GatherAxis, GatherAxis, GatherAxis],
  tap: number,
  row: Uint32Array,
  to: number,
): void {
  const [depth, height, width] = axes;
  const stride = nest.stride[2];
  const lineBits = stride * Math.ceil(nest.inSize[2] / stride);
  const planeBits = wordsFor(nest.batch * nest.inSize[0] * nest.inSize[1] * lineBits) * 32;
  const tw = tap % width.taps.length;
  const th = Math.floor(tap / width.taps.length) % height.taps.length;
  const td = Math.floor(tap / (width.taps.length * height.taps.length));
  const [zFirst, zEnd] = validRange(depth, td);
  const [yFirst, yEnd] = validRange(height, th);
  const [xFirst, xEnd] = validRange(width, tw);
  const sourceX = polyphase(xFirst * stride + width.offsets[tw], stride, lineBits);
  for (let image = 0; image < nest.batch; image++) {
    for (let z = zFirst; z < zEnd; z++) {
      const sourceZ = z * depth.scale + depth.offsets[td];
      for (let y = yFirst; y < yEnd; y++) {
        const sourceY = y * height.scale + height.offsets[th];
        const line = (image * depth.size + sourceZ) * height.size + sourceY;
        const target = ((image * depth.count + z) * height.count + y) * width.count + xFirst;
        copyBits(planes, channel * planeBits + line * lineBits + sourceX, row, to + target, xEnd - xFirst);
      }
    }
  }
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
