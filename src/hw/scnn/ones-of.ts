import { readBits } from '../bits.js';

/** Where a run of bits begins. */
export interface BitRun {
  readonly words: Uint32Array;
  readonly from: number;
}

/** Writes the places of the ones among the first `count` bits of a run to `into`; how many there are. */
export function onesOf({ words, from }: BitRun, count: number, into: Uint32Array): number {
  let found = 0;
  for (let start = 0; start < count; start += 32) {
    for (let rest = readBits(words, from + start, Math.min(32, count - start)); rest !== 0; rest &= rest - 1) {
      into[found++] = start + 31 - Math.clz32(rest & -rest);
    }
  }
  return found;
}
