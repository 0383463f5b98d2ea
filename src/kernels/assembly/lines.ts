// Sums over the rows of sparse kernels, for many lines of a map at once. Kernel j has rows rowStart[j] .. rowStart[j + 1] - 1, row r the
// entries entryStart[r] .. entryStart[r + 1] - 1. Under tap row t, target and source lines meet in runs[t] .. runs[t + 1] - 1: each is
// first target line, first source line, lines (u32). Sums are u32, [kernel][line]: products, row pairs, batches. Behind all arrays lie 12
// bytes that may be read, and behind the sums written.

/** Adds what a row pair of four lines takes; those outside of `inside` take nothing. */
// @ts-ignore: decorator
@inline
function addPair(sums: usize, sumBytes: usize, sum: v128, present: v128, multipliers: v128, lessOne: v128): void {
  // Exact: a row pair has fewer than 2^24 products.
  const ceiling = f32x4.div(f32x4.convert_i32x4_s(i32x4.add(sum, lessOne)), multipliers);
  const batches = i32x4.max_s(i32x4.trunc_sat_f32x4_s(ceiling), i32x4.splat(1));
  v128.store(sums, i32x4.add(v128.load(sums), sum));
  sums += sumBytes;
  v128.store(sums, i32x4.sub(v128.load(sums), present));
  sums += sumBytes;
  v128.store(sums, i32x4.add(v128.load(sums), v128.and(batches, present)));
}

/** All ones in the lanes of the first `count`. */
// @ts-ignore: decorator
@inline
function lanesBelow(count: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
}

/**
 * A row pair of line t has sum of hits[entry][source line] products; it counts where counts[channel][source line] is not 0.
 */
export function gatherLines(
  kernels: i32, rowStart: usize, tapRow: usize, channel: usize, entryStart: usize, entries: usize, runStart: usize, runs: usize,
  hits: usize, counts: usize, sourceLines: i32, lines: i32, multipliers: i32, sums: usize,
): void {
  const sourceBytes = <usize>4 * sourceLines;
  const sumBytes = <usize>4 * lines * kernels + 16;
  const divisor = f32x4.splat(<f32>multipliers), lessOne = i32x4.splat(multipliers - 1);
  const zero = i32x4.splat(0);
  for (let kernel = 0; kernel < kernels; kernel++, sums += 4 * lines) {
    const endRow = load<i32>(rowStart + 4 * kernel, 4);
    for (let row = load<i32>(rowStart + 4 * kernel); row < endRow; row++) {
      const present = counts + sourceBytes * load<u32>(channel + 4 * row);
      const first = entries + 4 * load<u32>(entryStart + 4 * row), last = entries + 4 * load<u32>(entryStart + 4 * row, 4);
      const tap = runStart + 4 * load<u32>(tapRow + 4 * row);
      const endRun = runs + 12 * load<u32>(tap, 4);
      for (let run = runs + 12 * load<u32>(tap); run < endRun; run += 12) {
        const target = sums + 4 * load<u32>(run), source = <usize>4 * load<u32>(run, 4);
        const count = load<i32>(run, 8);
        for (let i = 0; i < count; i += 4) {
          const at = source + 4 * i;
          const inside = lanesBelow(count - i);
          let sum = zero;
          for (let entry = first; entry < last; entry += 4) sum = i32x4.add(sum, v128.load(hits + sourceBytes * load<u32>(entry) + at));
          const pair = v128.and(i32x4.ne(v128.load(present + at), zero), inside);
          addPair(target + 4 * i, sumBytes, v128.and(sum, inside), pair, divisor, lessOne);
        }
      }
    }
  }
}

/**
 * A row pair of line t has sum of popcount(x[entry][word][target line] AND y[kernel][word][source line]) products; it counts where
 * neither xCounts[channel][target line] nor yCounts[kernel][source line] is 0.
 */
export function gradientLines(
  kernels: i32, rowStart: usize, tapRow: usize, channel: usize, entryStart: usize, entries: usize, runStart: usize, runs: usize,
  x: usize, y: usize, words: i32, xCounts: usize, yCounts: usize, sourceLines: i32, lines: i32, multipliers: i32, sums: usize,
): void {
  const lineBytes = <usize>4 * lines, sourceBytes = <usize>4 * sourceLines;
  const sumBytes = lineBytes * kernels + 16;
  const divisor = f32x4.splat(<f32>multipliers), lessOne = i32x4.splat(multipliers - 1);
  const zero = i32x4.splat(0);
  for (let kernel = 0; kernel < kernels; kernel++, sums += lineBytes, y += sourceBytes * words, yCounts += sourceBytes) {
    const endRow = load<i32>(rowStart + 4 * kernel, 4);
    for (let row = load<i32>(rowStart + 4 * kernel); row < endRow; row++) {
      const present = xCounts + lineBytes * load<u32>(channel + 4 * row);
      const first = entries + 4 * load<u32>(entryStart + 4 * row), last = entries + 4 * load<u32>(entryStart + 4 * row, 4);
      const tap = runStart + 4 * load<u32>(tapRow + 4 * row);
      const endRun = runs + 12 * load<u32>(tap, 4);
      for (let run = runs + 12 * load<u32>(tap); run < endRun; run += 12) {
        const target = <usize>4 * load<u32>(run), source = <usize>4 * load<u32>(run, 4);
        const count = load<i32>(run, 8);
        for (let i = 0; i < count; i += 4) {
          const inside = lanesBelow(count - i);
          let sum = zero;
          for (let entry = first; entry < last; entry += 4) {
            let a = x + lineBytes * words * load<u32>(entry) + target + 4 * i;
            let b = y + source + 4 * i;
            for (let word = 0; word < words; word++, a += lineBytes, b += sourceBytes) {
              const common = i8x16.popcnt(v128.and(v128.load(a), v128.load(b)));
              sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(common)));
            }
          }
          const both = v128.and(
            i32x4.ne(v128.load(present + target + 4 * i), zero), i32x4.ne(v128.load(yCounts + source + 4 * i), zero),
          );
          addPair(sums + target + 4 * i, sumBytes, v128.and(sum, inside), v128.and(both, inside), divisor, lessOne);
        }
      }
    }
  }
}

/** 32 bits from bit `at` of a plane on; up to seven bytes behind them are read. */
// @ts-ignore: decorator
@inline
function bitsFrom(plane: usize, at: i32): u32 {
  return <u32>(load<u64>(plane + ((at >> 5) << 2)) >> (at & 31));
}

/** All ones below bit `count`. */
// @ts-ignore: decorator
@inline
function lowest(count: i32): u32 {
  return count >= 32 ? 0xffffffff : count > 0 ? (<u32>1 << count) - 1 : 0;
}

/**
 * Of planes [channel][image][row][column]: ones per line, counts [channel][row][image], and those of them under the mask of each tap
 * (whole words of columns), hits [channel][tap][row][image].
 */
export function lineHits(
  planes: usize, planeBytes: usize, channels: i32, rows: i32, images: i32, width: i32, masks: usize, taps: i32, hits: usize, counts: usize,
): void {
  const words = (width + 31) >> 5;
  const tapBytes = <usize>4 * rows * images;
  memory.fill(hits, 0, tapBytes * taps * channels);
  for (; channels > 0; channels--, planes += planeBytes, hits += tapBytes * (taps - 1))
    for (let row = 0; row < rows; row++)
      for (let image = 0; image < images; image++, hits += 4, counts += 4) {
        const line = (image * rows + row) * width;
        let count = 0;
        for (let word = 0; word < words; word++) {
          const bits = bitsFrom(planes, line + 32 * word) & lowest(width - 32 * word);
          count += popcnt<u32>(bits);
          let mask = masks + 4 * word, hit = hits;
          for (let tap = 0; tap < taps; tap++, mask += 4 * words, hit += tapBytes) {
            store<u32>(hit, load<u32>(hit) + popcnt<u32>(bits & load<u32>(mask)));
          }
        }
        store<u32>(counts, count);
      }
}

/**
 * Of planes [channel][image][row][column]: ones per line, counts [channel][row][image], and the lines as the columns of the other map meet
 * them under each tap, shifted [channel][tap][word][row][image]: column c meets c * stride + offsets[tap].
 */
export function shiftLines(
  planes: usize, planeBytes: usize, channels: i32, rows: i32, images: i32, width: i32, otherWidth: i32, stride: i32, offsets: usize,
  taps: i32, shifted: usize, counts: usize,
): void {
  const words = (otherWidth + 31) >> 5;
  const wordBytes = <usize>4 * rows * images;
  for (; channels > 0; channels--, planes += planeBytes, shifted += wordBytes * (words * taps - 1))
    for (let row = 0; row < rows; row++)
      for (let image = 0; image < images; image++, shifted += 4, counts += 4) {
        const line = (image * rows + row) * width;
        let count = 0;
        for (let from = 0; from < width; from += 32) count += popcnt<u32>(bitsFrom(planes, line + from) & lowest(width - from));
        store<u32>(counts, count);
        let out = shifted;
        for (let tap = 0; tap < taps; tap++)
          for (let first = 0; first < otherWidth; first += 32, out += wordBytes) {
            const from = first * stride + load<i32>(offsets + 4 * tap);
            const last = min(32, otherWidth - first);
            let bits: u32 = 0;
            if (stride == 1) {
              // Columns before the line's first and behind its last are padding.
              const skipped = max(0, -from);
              if (skipped < 32 && from + skipped < width) bits = (bitsFrom(planes, line + from + skipped) & lowest(width - from - skipped)) << skipped;
              bits &= lowest(last);
            } else {
              for (let c = 0; c < last; c++) {
                const at = from + c * stride;
                if (at >= 0 && at < width) bits |= (bitsFrom(planes, line + at) & 1) << c;
              }
            }
            store<u32>(out, bits);
          }
      }
}
