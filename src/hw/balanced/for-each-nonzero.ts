import { readBits } from '../bits.js';

/** Calls back for every one of [pixels, channels] bits, in their order. */
export function forEachNonzero(
  words: Uint32Array,
  pixels: number,
  channels: number,
  visit: (pixel: number, channel: number) => void,
): void {
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel += 32) {
      let rest = readBits(words, pixel * channels + channel, Math.min(32, channels - channel));
      for (; rest !== 0; rest &= rest - 1) visit(pixel, channel + 31 - Math.clz32(rest & -rest));
    }
  }
}
