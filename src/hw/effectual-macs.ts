import { type BitKernels, createBitKernels } from '../kernels/index.js';
import { countBits, countRange, readBits, sizeOf, wordsFor } from './bits.js';
import type { GemmWork, LoopNest, Operand, PhaseWork } from './contracts.js';
import { gemmSides } from './gemm-sides.js';
import { lowerGemm } from './gemm-view.js';
import { denseMacs } from './loop-nest.js';
import { forwardAxis, nestPhase, validRange } from './nest-axes.js';

let kernels: BitKernels | undefined; // made at the first use
const known = new WeakMap<GemmWork, number>(); // counted once per work, however many accelerators ask

/**
 * Multiply-accumulates of a work over the images whose bits are present, padding not counted. An update has one per weight and one
 * more per optimizer slot.
 *
 * @example
 * ```ts
 * const weights = {role: 'W', source: 'fc', nonzeros: onesBits([3, 4])} as const;
 * workMacs({kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 2, masked: true}); // 36
 * ```
 */
export function workMacs(work: PhaseWork): number {
  if (work.kind === 'gemm') return denseMacs(work.nest);
  return sizeOf(work.weights.nonzeros.shape) * (1 + work.slots);
}

/**
 * Multiply-accumulates of a work of which both factors are non-zero and whose output is wanted, over the images whose bits are
 * present; exact. Of an update: all, or with `masked` those of the non-zero weights.
 *
 * Where all outputs are wanted it needs no pairs: sum over k of (rows whose factor k is not zero) * (columns whose factor k is not zero).
 *
 * @example
 * ```ts
 * const nest = denseNest({batch: 1, inFeatures: 3, outFeatures: 1});
 * const operand = (role: 'A' | 'W', values: number[]) => ({role, source: 'fc', nonzeros: bitsFrom(values, [3])});
 * effectualMacs({
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: operand('A', [1, 1, 0]), kernel: operand('W', [0, 1, 1]), imageScale: 1,
 * }); // 1
 * ```
 */
export function effectualMacs(work: PhaseWork): number {
  if (work.kind === 'update') return work.masked ? countBits(work.weights.nonzeros) * (1 + work.slots) : workMacs(work);
  const macs = known.get(work) ?? count(work);
  known.set(work, macs);
  return macs;
}

/** For a model that counts the pairs anyway. */
export function rememberEffectualMacs(work: GemmWork, macs: number): void {
  known.set(work, macs);
}

function count(work: GemmWork): number {
  const { nest, input, kernel, output } = work;
  switch (nestPhase(nest, work.phase)) {
    case 'forward':
      return viaKernelCounts(nest, input, kernel, true);
    case 'inputGradient':
      return viaKernelCounts(nest, input, kernel, false);
    case 'weightGradient': {
      if (output && countBits(output.nonzeros) < workOutputs(nest)) return viaPairs(work);
      return viaPixelCounts(nest, ...gemmSides(work));
    }
  }
}

function workOutputs({ kernelSize, inChannels, groups, outChannels }: LoopNest): number {
  return kernelSize[0] * kernelSize[1] * kernelSize[2] * (inChannels / groups) * outChannels;
}

/** Sum over taps and channels of the source of: its non-zeros under the tap, times the kernel's non-zeros there. */
function viaKernelCounts(nest: LoopNest, source: Operand, kernel: Operand, forward: boolean): number {
  const channels = forward ? nest.inChannels : nest.outChannels;
  const histogram = imageHistogram(source.nonzeros.words, nest.batch, channels, forward ? nest.inSize : nest.outSize);
  const partners = kernelCounts(nest, kernel.nonzeros.words, forward);
  let macs = 0;
  forEachPair(nest, (inPixel, outPixel, tap) => {
    const from = (forward ? inPixel : outPixel) * channels;
    const weights = tap * channels;
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += histogram[from + channel] * partners[weights + channel];
    macs += sum;
  });
  return macs;
}

/** Sum over pairs of pixels, groups and images of: non-zeros of the input pixel, times non-zeros of the output pixel. */
function viaPixelCounts(nest: LoopNest, x: Operand, y: Operand): number {
  const { batch, groups } = nest;
  const inCounts = pixelCounts(x.nonzeros.words, batch, sizeOf(nest.inSize) * groups, nest.inChannels / groups);
  const outCounts = pixelCounts(y.nonzeros.words, batch, sizeOf(nest.outSize) * groups, nest.outChannels / groups);
  const length = groups * batch;
  let macs = 0;
  forEachPair(nest, (inPixel, outPixel) => {
    const from = inPixel * length;
    const to = outPixel * length;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += inCounts[from + i] * outCounts[to + i];
    macs += sum;
  });
  return macs;
}

/** The popcount of row AND column for all pairs of a block of rows, of which the wanted ones are added. */
function viaPairs(work: GemmWork): number {
  kernels ??= createBitKernels();
  let macs = 0;
  for (const { m, n, wordsPerRow, rowBits, kernelRows, wantedBits } of lowerGemm(work)) {
    const block = Math.max(1, Math.min(m, Math.floor(65_536 / (n + wordsPerRow))));
    const pairs = new Int32Array(block * n);
    const rows = new Uint32Array(block * wordsPerRow);
    for (let start = 0; start < m; start += block) {
      const count = Math.min(block, m - start);
      const wanted = wantedBits?.(start, count);
      if (!wanted?.some((word) => word !== 0)) continue;
      kernels.countPairs(rowBits(start, count, rows), count, kernelRows(), n, wordsPerRow, pairs.subarray(0, count * n));
      macs += sumWanted(pairs, wanted, count, n);
    }
  }
  return macs;
}

function sumWanted(pairs: Int32Array, wanted: Uint32Array, rows: number, n: number): number {
  const wordsPerRow = wordsFor(n);
  let sum = 0;
  for (let word = 0; word < rows * wordsPerRow; word++) {
    const first = Math.floor(word / wordsPerRow) * n + 32 * (word % wordsPerRow);
    for (let rest = wanted[word]; rest !== 0; rest &= rest - 1) sum += pairs[first + 31 - Math.clz32(rest & -rest)];
  }
  return sum;
}

/** Calls back for every input pixel, output pixel and tap that meet. */
function forEachPair(nest: LoopNest, visit: (inPixel: number, outPixel: number, tap: number) => void): void {
  const [depth, height, width] = [0, 1, 2].map((axis) => forwardAxis(nest, axis));
  let tap = 0;
  for (let td = 0; td < depth.taps.length; td++) {
    const [zFirst, zEnd] = validRange(depth, td);
    for (let th = 0; th < height.taps.length; th++) {
      const [yFirst, yEnd] = validRange(height, th);
      for (let tw = 0; tw < width.taps.length; tw++, tap++) {
        const [xFirst, xEnd] = validRange(width, tw);
        for (let z = zFirst; z < zEnd; z++) {
          for (let y = yFirst; y < yEnd; y++) {
            const inLine =
              ((z * depth.scale + depth.offsets[td]) * height.size + y * height.scale + height.offsets[th]) * width.size;
            const outLine = (z * height.count + y) * width.count;
            for (let x = xFirst; x < xEnd; x++) visit(inLine + x * width.scale + width.offsets[tw], outLine + x, tap);
          }
        }
      }
    }
  }
}

/** Non-zeros per pixel and channel, added over the images. */
function imageHistogram(words: Uint32Array, batch: number, channels: number, size: readonly number[]): Uint32Array {
  const elements = sizeOf(size) * channels;
  const histogram = new Uint32Array(elements);
  for (let image = 0; image < batch; image++) {
    for (let element = 0; element < elements; element += 32) {
      let rest = readBits(words, image * elements + element, Math.min(32, elements - element));
      while (rest !== 0) {
        histogram[element + 31 - Math.clz32(rest & -rest)]++;
        rest &= rest - 1;
      }
    }
  }
  return histogram;
}

/** Non-zero weights per tap and channel of the source: over the channels on the other side, within the group. */
function kernelCounts(nest: LoopNest, words: Uint32Array, forward: boolean): Uint32Array {
  const { inChannels, outChannels, groups } = nest;
  const inGroup = inChannels / groups;
  const outGroup = outChannels / groups;
  const taps = sizeOf(nest.kernelSize);
  const counts = new Uint32Array(taps * (forward ? inChannels : outChannels));
  for (let tap = 0; tap < taps; tap++) {
    for (let input = 0; input < inGroup; input++) {
      const line = (tap * inGroup + input) * outChannels;
      for (let group = 0; forward && group < groups; group++) {
        counts[tap * inChannels + group * inGroup + input] = countRange(words, line + group * outGroup, outGroup);
      }
      for (let output = 0; !forward && output < outChannels; output++) {
        const bit = line + output;
        counts[tap * outChannels + output] += (words[bit >>> 5] >>> (bit & 31)) & 1;
      }
    }
  }
  return counts;
}

/** Non-zeros of each run of channels, images last: what is multiplied together then lies together. */
function pixelCounts(words: Uint32Array, batch: number, runs: number, channels: number): Uint32Array {
  const counts = new Uint32Array(runs * batch);
  for (let image = 0; image < batch; image++) {
    for (let run = 0; run < runs; run++)
      counts[run * batch + image] = countRange(words, (image * runs + run) * channels, channels);
  }
  return counts;
}
