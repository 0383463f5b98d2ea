/**
 * A mask of the `count` highest scores, ties to the lowest index. Radix selection on the bits of the floats, 11 + 11 + 10 bits: linear
 * time whatever the order and the ties.
 */
export function topScores(scores: Float32Array, count: number): Uint8Array {
  const mask = new Uint8Array(scores.length);
  if (count >= scores.length) return mask.fill(1);
  if (count <= 0) return mask;
  const keys = sortableKeys(scores);
  let rest = count;
  let prefix = 0;
  for (const { shift, size, seen } of digits) {
    const counts = new Uint32Array(size);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (seen === 32 || key >>> seen === prefix) counts[(key >>> shift) & (size - 1)]++;
    }
    let digit = size - 1;
    while (counts[digit] < rest) rest -= counts[digit--];
    prefix = ((prefix << (seen - shift)) | digit) >>> 0;
  }
  // prefix is now the lowest key that stays, and rest how many of its ties stay.
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key > prefix || (key === prefix && rest-- > 0)) mask[i] = 1;
  }
  return mask;
}

/** The digits of a key, highest first; `seen` is the shift that leaves the digits before. */
const digits = [
  { shift: 21, size: 2048, seen: 32 },
  { shift: 10, size: 2048, seen: 21 },
  { shift: 0, size: 1024, seen: 10 },
];

/** Unsigned integers in the order of the floats: the sign bit is flipped, negatives are complemented, -0 equals 0. */
function sortableKeys(scores: Float32Array): Uint32Array {
  const keys = new Uint32Array(scores.length);
  new Float32Array(keys.buffer).set(scores);
  for (let i = 0; i < keys.length; i++) {
    const bits = keys[i];
    keys[i] = bits > 0x80000000 ? ~bits : bits | 0x80000000;
  }
  return keys;
}
