import type { SparseRows } from '../../kernels/index.js';
import { copyBits, popcount, readBits, wordsFor } from '../bits.js';
import type { LoopNest } from '../contracts.js';

/** The weights of all kernels as bits, [kernel][tap][source channel of the group], each line of channels from a new word on. */
export interface KernelPlanes {
  readonly kernels: number;
  /** Source channels of a group. */
  readonly channels: number;
  readonly wordsPerTap: number;
  readonly words: Uint32Array;
}

/** The bits of W, whose order is [taps, input channel of the group, output channel], by output channel (`forward`) or by input channel. */
export function kernelPlanes({ inChannels, outChannels, groups, kernelSize }: LoopNest, bits: Uint32Array, forward: boolean) {
  const [inGroup, outGroup] = [inChannels / groups, outChannels / groups];
  const taps = kernelSize[0] * kernelSize[1] * kernelSize[2];
  const [kernels, channels] = forward ? [outChannels, inGroup] : [inChannels, outGroup];
  const wordsPerTap = wordsFor(channels);
  const words = new Uint32Array(kernels * taps * wordsPerTap);
  for (let line = 0; line < taps * inGroup; line++) {
    const [tap, input] = [Math.floor(line / inGroup), line % inGroup];
    if (!forward) {
      for (let group = 0; group < groups; group++) {
        const to = ((group * inGroup + input) * taps + tap) * wordsPerTap;
        copyBits(bits, line * outChannels + group * outGroup, words, to * 32, outGroup);
      }
      continue;
    }
    for (let output = 0; output < outChannels; output += 32) {
      let rest = readBits(bits, line * outChannels + output, Math.min(32, outChannels - output));
      for (; rest !== 0; rest &= rest - 1) {
        const kernel = output + 31 - Math.clz32(rest & -rest);
        words[(kernel * taps + tap) * wordsPerTap + (input >>> 5)] |= 1 << (input & 31);
      }
    }
  }
  return { kernels, channels, wordsPerTap, words } satisfies KernelPlanes;
}

/** Lists the rows of planes that are not empty; channels are those of all groups. */
export function kernelRows({ kernelSize, groups }: LoopNest, planes: KernelPlanes): SparseRows {
  const { kernels, channels, wordsPerTap, words } = planes;
  const tapRows = kernelSize[0] * kernelSize[1];
  const widthTaps = kernelSize[2];
  /** Channels of which some width tap is not zero. */
  const rowWord = (kernel: number, tapRow: number, word: number) => {
    const first = (kernel * tapRows + tapRow) * widthTaps * wordsPerTap + word;
    let any = 0;
    for (let tap = 0; tap < widthTaps; tap++) any |= words[first + tap * wordsPerTap];
    return any;
  };
  let rows = 0;
  for (let i = 0; i < kernels * tapRows * wordsPerTap; i++) {
    rows += popcount(rowWord(0, Math.floor(i / wordsPerTap), i % wordsPerTap));
  }
  const lists = {
    kernels,
    rowStart: new Uint32Array(kernels + 1),
    tapRow: new Uint32Array(rows),
    channel: new Uint32Array(rows),
    entryStart: new Uint32Array(rows + 1),
    entries: new Uint32Array(words.reduce((sum, word) => sum + popcount(word), 0)),
  };
  let row = 0;
  let entry = 0;
  for (let kernel = 0; kernel < kernels; kernel++) {
    const firstChannel = Math.floor((kernel * groups) / kernels) * channels;
    for (let tapRow = 0; tapRow < tapRows; tapRow++) {
      for (let word = 0; word < wordsPerTap; word++) {
        for (let any = rowWord(kernel, tapRow, word); any !== 0; any &= any - 1) {
          const bit = 31 - Math.clz32(any & -any);
          const channel = firstChannel + word * 32 + bit;
          lists.tapRow[row] = tapRow;
          lists.channel[row++] = channel;
          const first = (kernel * tapRows + tapRow) * widthTaps * wordsPerTap + word;
          for (let tap = 0; tap < widthTaps; tap++) {
            if ((words[first + tap * wordsPerTap] >>> bit) & 1) lists.entries[entry++] = channel * widthTaps + tap;
          }
          lists.entryStart[row] = entry;
        }
      }
    }
    lists.rowStart[kernel + 1] = row;
  }
  return lists;
}
