// Folds of lanes that hold operands: each holds the next ones of its row. Places of a round's numbers are those of rounds.ts.

const ROUND: usize = 64;

/** Ones of each row, u32. */
export function countRows(x: usize, rows: i32, wordsPerRow: i32, counts: usize): void {
  for (; rows > 0; rows--, counts += 4) {
    let count = 0;
    for (const end = x + 4 * <usize>wordsPerRow; x < end; x += 4) count += popcnt<u32>(load<u32>(x));
    store<u32>(counts, count);
  }
}

/** The lowest `count` ones of the bits, of which there are more, taken away. */
// @ts-ignore: decorator
@inline
function dropLowest(bits: u32, count: i32): u32 {
  for (; count > 0; count--) bits &= bits - 1;
  return bits;
}

/**
 * The next fold: each lane takes the next `depth` ones of its row. Returns how many ones they take. Each fan-out group of lanes is sent the
 * streamed words of the indices that it takes then: counts [index][round] (u32); index k comes out of the bank whose sums lie
 * bankAt[k] (u32) bytes behind the first. Cursors: a word and its ones that are left, per lane. Scratch: 16 bytes per round, 8 per
 * round and bank, and the words of a row, which are 0 before and after.
 */
export function foldRounds(
  x: usize, lanes: i32, wordsPerRow: i32, depth: i32, fanOut: i32, cursors: usize, counts: usize, bankAt: usize, rounds: i32, banks: i32,
  scratch: usize, out: usize,
): i32 {
  const rowBytes = <usize>4 * wordsPerRow, roundBytes = <usize>8 * rounds;
  const groupWords = scratch, longest = groupWords + roundBytes, sums = longest + roundBytes;
  const union = sums + roundBytes * banks;
  memory.fill(longest, 0, roundBytes * (1 + banks));
  memory.fill(out, 0, ROUND * rounds);
  let taken = 0;
  for (let group = 0; group < lanes; group += fanOut) {
    const endLane = min(group + fanOut, lanes);
    let first = wordsPerRow, end = 0;
    for (let lane = group; lane < endLane; lane++) {
      const row = x + rowBytes * lane, cursor = cursors + 8 * lane;
      let word = load<i32>(cursor), bits = load<u32>(cursor, 4), missing = depth;
      first = min(first, max(0, word));
      while (missing > 0) {
        if (bits == 0) {
          if (++word >= wordsPerRow) break;
          bits = load<u32>(row + 4 * word);
          continue;
        }
        const count = popcnt<i32>(bits);
        const rest = count <= missing ? 0 : dropLowest(bits, missing);
        const place = union + 4 * word;
        store<u32>(place, load<u32>(place) | (bits ^ rest));
        bits = rest;
        missing -= min(count, missing);
      }
      end = max(end, min(wordsPerRow, word + 1));
      store<i32>(cursor, word);
      store<u32>(cursor, bits, 4);
      taken += depth - missing;
    }
    if (rounds == 1) {
      let words: i64 = 0, most: i64 = load<i64>(longest);
      for (let word = first; word < end; word++) {
        let bits = load<u32>(union + 4 * word);
        store<u32>(union + 4 * word, 0);
        for (; bits != 0; bits &= bits - 1) {
          const k = 4 * (32 * word + ctz<u32>(bits));
          const count = <i64>load<u32>(counts + k);
          const bank = sums + load<u32>(bankAt + k);
          most = max(most, count);
          words += count;
          store<i64>(bank, load<i64>(bank) + count);
        }
      }
      store<i64>(longest, most);
      store<i64>(groupWords, words);
    } else {
      memory.fill(groupWords, 0, roundBytes);
      for (let word = first; word < end; word++) {
        let bits = load<u32>(union + 4 * word);
        store<u32>(union + 4 * word, 0);
        for (; bits != 0; bits &= bits - 1) {
          const k = <usize>(32 * word + ctz<u32>(bits));
          let count = counts + 4 * k * rounds, bank = sums + load<u32>(bankAt + 4 * k);
          for (let at = groupWords, last = groupWords + roundBytes; at < last; at += 8, count += 4, bank += 8) {
            const words = <i64>load<u32>(count);
            store<i64>(at, load<i64>(at) + words);
            store<i64>(bank, load<i64>(bank) + words);
            store<i64>(at + roundBytes, max(load<i64>(at + roundBytes), words));
          }
        }
      }
    }
    for (let round = 0; round < rounds; round++) {
      const words = load<i64>(groupWords + 8 * round), numbers = out + ROUND * round;
      store<f64>(numbers, load<f64>(numbers, 16) + <f64>words, 16);
      store<f64>(numbers, max(load<f64>(numbers, 24), <f64>words), 24);
    }
  }
  for (let round = 0; round < rounds; round++, out += ROUND) {
    let busiest: i64 = 0;
    for (let bank = 0; bank < banks; bank++) busiest = max(busiest, load<i64>(sums + roundBytes * bank + 8 * round));
    store<f64>(out, <f64>load<i64>(longest + 8 * round), 8);
    store<f64>(out, <f64>busiest, 32);
  }
  return taken;
}
