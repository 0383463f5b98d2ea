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
  let lowest = 0;
  // Those that share all digits so far with the lowest key that stays.
  let candidates = keys;
  for (const { shift, size, flip } of digits) {
    const counts = new Uint32Array(size);
    for (let i = 0; i < candidates.length; i++) counts[((candidates[i] >>> shift) & (size - 1)) ^ flip]++;
    let digit = size - 1;
    while (counts[digit] < rest) rest -= counts[digit--];
    lowest |= (digit ^ flip) << shift;
    candidates = withPrefix(candidates, lowest >> shift, shift, counts[digit]);
  }
  for (let i = 0; i < keys.length; i++) mask[i] = keys[i] > lowest ? 1 : 0;
  // Of the ties with the lowest key that stays, as many as are left.
  for (let i = keys.indexOf(lowest); rest > 0; i = keys.indexOf(lowest, i + 1), rest--) mask[i] = 1;
  return mask;
}

/** The digits of a key, highest first; `flip` makes the sign bit of the highest the order of numbers. */
const digits = [
  { shift: 21, size: 2048, flip: 1024 },
  { shift: 10, size: 2048, flip: 0 },
  { shift: 0, size: 1024, flip: 0 },
];

/** The `count` keys that are `prefix` but for the lowest `shift` bits. */
function withPrefix(keys: Int32Array, prefix: number, shift: number, count: number): Int32Array {
  const found = new Int32Array(count);
  for (let i = 0, next = 0; next < count; i++) if (keys[i] >> shift === prefix) found[next++] = keys[i];
  return found;
}

/** Integers in the order of the floats: all bits of a negative but its sign are complemented, -0 equals 0. */
function sortableKeys(scores: Float32Array): Int32Array {
  const keys = new Int32Array(scores.length);
  new Float32Array(keys.buffer).set(scores);
  for (let i = 0; i < keys.length; i++) {
    const bits = keys[i];
    if (bits < 0) keys[i] = bits === -0x80000000 ? 0 : bits ^ 0x7fffffff;
  }
  return keys;
}
