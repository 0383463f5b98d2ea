// Rounds of the tiles of an output-stationary array. Operands are bit rows of `wordsPerRow` words of 32, one behind the other; behind the
// last one 16 bytes may be read, and behind unions written. A round is eight numbers: slots of all outputs and of the longest, then for
// the input and for the kernel the words sent, the most to one group and the most out of one bank.

const ROUND: usize = 64;
const INPUT: usize = 16;
const KERNEL: usize = 40;

/** Common ones of two runs of words. Rounds are four words long, if nobody asks for others. */
// @ts-ignore: decorator
@inline
function common(x: usize, y: usize, words: i32): i64 {
  if (words == 4) return popcnt<i64>(load<i64>(x) & load<i64>(y)) + popcnt<i64>(load<i64>(x, 8) & load<i64>(y, 8));
  return commonOfMany(x, y, words);
}

function commonOfMany(x: usize, y: usize, words: i32): i64 {
  let count: i64 = 0;
  for (; words >= 8; words -= 8, x += 32, y += 32) {
    count += popcnt<i64>(load<i64>(x) & load<i64>(y)) + popcnt<i64>(load<i64>(x, 8) & load<i64>(y, 8));
    count += popcnt<i64>(load<i64>(x, 16) & load<i64>(y, 16)) + popcnt<i64>(load<i64>(x, 24) & load<i64>(y, 24));
  }
  for (; words >= 2; words -= 2, x += 8, y += 8) count += popcnt<i64>(load<i64>(x) & load<i64>(y));
  if (words > 0) count += <i64>popcnt<i32>(load<i32>(x) & load<i32>(y));
  return count;
}

/** union |= row; up to three words behind both are read, and behind the union written. */
// @ts-ignore: decorator
@inline
function unite(union: usize, row: usize, words: i32): void {
  for (; words > 0; words -= 4, union += 16, row += 16) v128.store(union, v128.or(v128.load(union), v128.load(row)));
}

// @ts-ignore: decorator
@inline
function copy(target: usize, row: usize, words: i32): void {
  for (; words > 0; words -= 4, target += 16, row += 16) v128.store(target, v128.load(row));
}

/** Copies rows to a wider stride, filled up with zeros. */
export function padRows(x: usize, rows: i32, wordsPerRow: i32, paddedWords: i32, padded: usize): void {
  for (; rows > 0; rows--) {
    for (let word = 0; word < wordsPerRow; word++, x += 4, padded += 4) store<u32>(padded, load<u32>(x));
    for (let word = wordsPerRow; word < paddedWords; word++, padded += 4) store<u32>(padded, 0);
  }
}

/** The OR of each `fanOut` rows, of each tile of `tileRows` on its own. */
export function uniteGroups(x: usize, rows: i32, wordsPerRow: i32, tileRows: i32, fanOut: i32, unions: usize): void {
  const bytes = <usize>4 * wordsPerRow;
  for (let first = 0; first < rows; first += tileRows) {
    const end = min(first + tileRows, rows);
    for (let group = first; group < end; group += fanOut, unions += bytes) {
      const last = min(group + fanOut, end);
      copy(unions, x + bytes * group, wordsPerRow);
      for (let row = group + 1; row < last; row++) unite(unions, x + bytes * row, wordsPerRow);
    }
  }
}

/** Sum over the wanted outputs (rows of whole words) of the common ones of their rows. */
export function commonWanted(x: usize, m: i32, y: usize, n: i32, wordsPerRow: i32, wanted: usize): f64 {
  const bytes = <usize>4 * wordsPerRow;
  let sum: i64 = 0;
  for (; m > 0; m--, x += bytes)
    for (let first = 0; first < n; first += 32, wanted += 4)
      for (let bits = load<u32>(wanted); bits != 0; bits &= bits - 1)
        sum += common(x, y + bytes * (first + ctz<u32>(bits)), wordsPerRow);
  return <f64>sum;
}

/** Slots of a tile of four words, all of its outputs wanted. */
// @ts-ignore: decorator
@inline
function slotsOfFour(x: usize, height: i32, y: usize, width: i32, bytes: usize, round: usize): void {
  let work: i64 = 0, longest: i64 = 0;
  for (; height > 0; height--, x += bytes) {
    const a = load<i64>(x), b = load<i64>(x, 8);
    let p = y, j = width;
    for (; j >= 4; j -= 4) {
      const c0 = popcnt<i64>(a & load<i64>(p)) + popcnt<i64>(b & load<i64>(p, 8));
      p += bytes;
      const c1 = popcnt<i64>(a & load<i64>(p)) + popcnt<i64>(b & load<i64>(p, 8));
      p += bytes;
      const c2 = popcnt<i64>(a & load<i64>(p)) + popcnt<i64>(b & load<i64>(p, 8));
      p += bytes;
      const c3 = popcnt<i64>(a & load<i64>(p)) + popcnt<i64>(b & load<i64>(p, 8));
      p += bytes;
      work += c0 + c1 + (c2 + c3);
      longest = max(longest, max(max(c0, c1), max(c2, c3)));
    }
    for (; j > 0; j--, p += bytes) {
      const c = popcnt<i64>(a & load<i64>(p)) + popcnt<i64>(b & load<i64>(p, 8));
      work += c;
      longest = max(longest, c);
    }
  }
  store<f64>(round, <f64>work);
  store<f64>(round, <f64>longest, 8);
}

/** Slots of a tile; `wanted` (0: all are) is the row of bits of its first row, `column` the place of its first column there. */
function slots(
  x: usize, height: i32, y: usize, width: i32, bytes: usize, words: i32, wanted: usize, column: i32, wantedBytes: usize, round: usize,
): void {
  let work: i64 = 0, longest: i64 = 0;
  for (; height > 0; height--, x += bytes, wanted += wantedBytes) {
    let p = y;
    for (let j = column; j < column + width; j++, p += bytes) {
      if (wantedBytes != 0 && ((load<u32>(wanted + 4 * (j >> 5)) >> (j & 31)) & 1) == 0) continue;
      const c = common(x, p, words);
      work += c;
      longest = max(longest, c);
    }
  }
  store<f64>(round, <f64>work);
  store<f64>(round, <f64>longest, 8);
}

/** Words of `lines` rows to `groups` unions: all, the most to one, and the most out of one bank, where line i lies in bank i % banks. */
function addWords(
  lines: usize, count: i32, unions: usize, groups: i32, bytes: usize, words: i32, banks: i32, scratch: usize, numbers: usize,
): void {
  const used = min(banks, count);
  memory.fill(scratch, 0, 8 * <usize>used);
  let all: i64 = 0, link: i64 = 0, busiest: i64 = 0;
  for (let bank = 0; count > 0; count--, lines += bytes) {
    let sum: i64 = 0;
    let union = unions;
    for (let group = 0; group < groups; group++, union += bytes) {
      const c = common(lines, union, words);
      sum += c;
      link = max(link, c);
    }
    all += sum;
    sum += load<i64>(scratch + 8 * bank);
    store<i64>(scratch + 8 * bank, sum);
    busiest = max(busiest, sum);
    if (++bank == used) bank = 0;
  }
  store<f64>(numbers, <f64>all);
  store<f64>(numbers, <f64>link, 8);
  store<f64>(numbers, <f64>busiest, 16);
}

/**
 * The rounds of the tiles of a strip of `height` rows, [round][tile]. The unions of x are those of the strip, the unions of y those of all
 * tiles of `cols` rows. Scratch: 8 bytes per bank.
 */
export function tileRounds(
  x: usize, height: i32, xUnions: usize, y: usize, n: i32, yUnions: usize, wordsPerRow: i32, roundWords: i32,
  cols: i32, fanOut: i32, banks: i32, wanted: usize, scratch: usize, out: usize,
): void {
  const bytes = <usize>4 * wordsPerRow;
  const wantedBytes: usize = wanted == 0 ? 0 : 4 * ((n + 31) >> 5);
  const xGroups = (height + fanOut - 1) / fanOut;
  for (let word = 0; word < wordsPerRow; word += roundWords) {
    const words = min(roundWords, wordsPerRow - word);
    const at = <usize>4 * word;
    let unions = yUnions + at;
    for (let first = 0; first < n; first += cols, out += ROUND) {
      const width = min(cols, n - first);
      const groups = (width + fanOut - 1) / fanOut;
      const tile = y + bytes * first + at;
      if (words == 4 && wanted == 0) slotsOfFour(x + at, height, tile, width, bytes, out);
      else slots(x + at, height, tile, width, bytes, words, wanted, first, wantedBytes, out);
      addWords(x + at, height, unions, groups, bytes, words, banks, scratch, out + INPUT);
      addWords(tile, width, xUnions + at, xGroups, bytes, words, banks, scratch, out + KERNEL);
      unions += bytes * groups;
    }
  }
}

/** Adds the common ones of a row and a union to the words and to the bank of each round; `link`: the most so far, or the sum. */
// @ts-ignore: decorator
@inline
function addShared(
  row: usize, union: usize, wordsPerRow: i32, roundWords: i32, numbers: usize, bank: usize, bankBytes: usize, groupWords: usize,
): void {
  for (let word = 0; word < wordsPerRow; word += roundWords) {
    const c = common(row + 4 * word, union + 4 * word, min(roundWords, wordsPerRow - word));
    store<i64>(numbers, load<i64>(numbers) + c);
    store<i64>(bank, load<i64>(bank) + c);
    if (groupWords == 0) {
      store<i64>(numbers, max(load<i64>(numbers, 8), c), 8);
    } else {
      store<i64>(groupWords, load<i64>(groupWords) + c);
      groupWords += 8;
    }
    numbers += ROUND;
    bank += bankBytes;
  }
}

/** Slots of an output, round by round. */
// @ts-ignore: decorator
@inline
function addSlots(x: usize, y: usize, wordsPerRow: i32, roundWords: i32, round: usize): void {
  for (let word = 0; word < wordsPerRow; word += roundWords, round += ROUND) {
    const c = common(x + 4 * word, y + 4 * word, min(roundWords, wordsPerRow - word));
    store<i64>(round, load<i64>(round) + c);
    store<i64>(round, max(load<i64>(round, 8), c), 8);
  }
}

/** The most of `banks` numbers. */
function busiest(bank: usize, banks: i32): i64 {
  let most: i64 = 0;
  for (; banks > 0; banks--, bank += 8) most = max(most, load<i64>(bank));
  return most;
}

/**
 * The rounds of a tile of packed outputs: column j takes the rows lists[starts[j] + from] and on, `rows` at most, which ascend. `starts` is
 * that of the tile's first column, whose number is `first`. Scratch: 8 bytes for each bank of both operands and once more, by round, a
 * row of words, and 12 bytes per column of a group.
 */
export function packedRounds(
  x: usize, y: usize, wordsPerRow: i32, roundWords: i32, lists: usize, starts: usize, first: i32, width: i32, from: i32, rows: i32,
  fanOut: i32, banks: i32, scratch: usize, out: usize,
): void {
  const bytes = <usize>4 * wordsPerRow;
  const rounds = (wordsPerRow + roundWords - 1) / roundWords;
  const bankBytes = <usize>8 * banks;
  const inputBanks = scratch;
  const kernelBanks = inputBanks + bankBytes * rounds;
  const groupWords = kernelBanks + bankBytes * rounds;
  const union = groupWords + 8 * rounds;
  const heads = union + bytes + 16;
  memory.fill(scratch, 0, groupWords - scratch);
  memory.fill(out, 0, ROUND * rounds);

  for (let j = 0; j < width; j++) {
    const line = y + bytes * (first + j);
    const bank = kernelBanks + 8 * ((first + j) % banks);
    let list = lists + 4 * (load<u32>(starts + 4 * j) + from);
    const end = min(list + 4 * rows, lists + 4 * load<u32>(starts + 4 * j, 4));
    while (list < end) {
      const last = min(list + 4 * fanOut, end);
      copy(union, x + bytes * load<u32>(list), wordsPerRow);
      addSlots(x + bytes * load<u32>(list), line, wordsPerRow, roundWords, out);
      for (list += 4; list < last; list += 4) {
        const row = x + bytes * load<u32>(list);
        unite(union, row, wordsPerRow);
        addSlots(row, line, wordsPerRow, roundWords, out);
      }
      addShared(line, union, wordsPerRow, roundWords, out + KERNEL, bank, bankBytes, 0);
    }
  }

  for (let group = 0; group < width; group += fanOut) {
    const members = min(fanOut, width - group);
    memory.fill(groupWords, 0, 8 * <usize>rounds);
    // Of each column its next row, where that stands and where its rows in this tile end.
    for (let j = 0; j < members; j++) {
      const column = starts + 4 * (group + j);
      const at = lists + 4 * (load<u32>(column) + from), end = min(at + 4 * rows, lists + 4 * load<u32>(column, 4));
      store<u32>(heads + 12 * j, at < end ? load<u32>(at) : u32.MAX_VALUE);
      store<u32>(heads + 12 * j, at, 4);
      store<u32>(heads + 12 * j, end, 8);
    }
    for (;;) {
      // The lowest row that some column of the group holds an output of, and the OR of these columns.
      let row: u32 = u32.MAX_VALUE;
      for (let j = 0; j < members; j++) row = min(row, load<u32>(heads + 12 * j));
      if (row == u32.MAX_VALUE) break;
      let holders: usize = 0;
      for (let j = 0; j < members; j++) {
        const head = heads + 12 * j;
        if (load<u32>(head) != row) continue;
        const next = load<u32>(head, 4) + 4;
        store<u32>(head, next < load<u32>(head, 8) ? load<u32>(next) : u32.MAX_VALUE);
        store<u32>(head, next, 4);
        const line = y + bytes * (first + group + j);
        if (holders == 0) {
          holders = line;
        } else {
          if (holders != union) copy(union, holders, wordsPerRow);
          holders = union;
          unite(union, line, wordsPerRow);
        }
      }
      const bank = inputBanks + 8 * (row % banks);
      addShared(x + bytes * row, holders, wordsPerRow, roundWords, out + INPUT, bank, bankBytes, groupWords);
    }
    for (let round = 0; round < rounds; round++) {
      const link = out + ROUND * round + INPUT;
      store<i64>(link, max(load<i64>(link, 8), load<i64>(groupWords + 8 * round)), 8);
    }
  }

  for (let round = 0; round < rounds; round++, out += ROUND) {
    store<i64>(out, busiest(inputBanks + bankBytes * round, banks), INPUT + 16);
    store<i64>(out, busiest(kernelBanks + bankBytes * round, banks), KERNEL + 16);
    for (let at = out; at < out + ROUND; at += 8) store<f64>(at, <f64>load<i64>(at));
  }
}
