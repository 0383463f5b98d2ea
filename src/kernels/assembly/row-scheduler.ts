// Promotion of weights into empty slots, eight filters at a time: a row of eight filters is eight 16-bit masks of their lanes. Rotations
// bring the weights of a source row to the slots that see them; filters, which do not meet, are worked on in parallel.

/** What each slot finds `step` lanes further around a ring of `lanes`. Constant steps make constant shifts, which are far cheaper. */
// @ts-ignore: decorator
@inline
function seen(x: v128, step: i32, lanes: i32, ring: v128): v128 {
  if (step === 0) return x;
  return v128.and(v128.or(i16x8.shr_u(x, step), i16x8.shl(x, lanes - step)), ring);
}

/** The same for all 16 lanes. */
// @ts-ignore: decorator
@inline
function seen16(x: v128, step: i32): v128 {
  return step === 0 ? x : v128.or(i16x8.shr_u(x, step), i16x8.shl(x, 16 - step));
}

// @ts-ignore: decorator
@inline
function rotated(x: v128, step: i32, lanes: i32, ring: v128): v128 {
  return lanes === 16 ? seen16(x, step) : seen(x, step, lanes, ring);
}

/** The lanes whose counter has a 0 in this digit, of filters that have such lanes; of the others all. */
// @ts-ignore: decorator
@inline
function fewer(lanes: v128, digit: v128): v128 {
  const below = v128.andnot(lanes, digit);
  return v128.or(below, v128.and(lanes, i16x8.eq(below, i16x8.splat(0))));
}

// @ts-ignore: decorator
@inline
function sum3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

// @ts-ignore: decorator
@inline
function carry3(a: v128, b: v128, c: v128): v128 {
  return v128.or(v128.and(a, b), v128.and(c, v128.xor(a, b)));
}

/** Where the row `ahead` of a row lies; `none` for no row ahead. */
// @ts-ignore: decorator
@inline
function source(row: usize, ahead: u32, size: usize, none: usize): usize {
  return ahead ? row + size * ahead : none;
}

// @ts-ignore: decorator
@inline
function take(from: usize, taken: v128): void {
  v128.store(from, v128.andnot(v128.load(from), taken));
}

/** Joins what two connections take from one row; of another row, lets the first go. */
// @ts-ignore: decorator
@inline
function takeNext(from: usize, taken: v128, isSameRow: bool, next: v128): v128 {
  if (isSameRow) return v128.or(taken, next);
  take(from, taken);
  return next;
}

/**
 * Fills empty slots of each of eight filters, of those that have one with a source; false when there are none. Connection i looks `hi` rows
 * ahead, `si` lanes further. Policies: 0 the slot with the fewest sources, 1 with the most, 2 the lowest lane; ties to the lowest lane.
 *
 * One slot at a time, but for policy 0 all that have a single source: the weights that are left are the same in whatever order these take
 * theirs. A slot that loses its last one to another is filled or stays empty, and no weight tells which of the two.
 */
// @ts-ignore: decorator
@inline
function promote(
  row: usize, size: usize, none: usize, policy: i32, lanes: i32, ring: v128,
  h0: u32, h1: u32, h2: u32, h3: u32, h4: u32, h5: u32, h6: u32,
  s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32, s6: i32,
): bool {
  const here = v128.load(row);
  const r0 = source(row, h0, size, none), x0 = v128.load(r0);
  const r1 = source(row, h1, size, none), x1 = h1 === h0 ? x0 : v128.load(r1);
  const r2 = source(row, h2, size, none), x2 = h2 === h1 ? x1 : v128.load(r2);
  const r3 = source(row, h3, size, none), x3 = h3 === h2 ? x2 : v128.load(r3);
  const r4 = source(row, h4, size, none), x4 = h4 === h3 ? x3 : v128.load(r4);
  const r5 = source(row, h5, size, none), x5 = h5 === h4 ? x4 : v128.load(r5);
  const r6 = source(row, h6, size, none), x6 = h6 === h5 ? x5 : v128.load(r6);
  const a0 = rotated(x0, s0, lanes, ring), a1 = rotated(x1, s1, lanes, ring), a2 = rotated(x2, s2, lanes, ring);
  const a3 = rotated(x3, s3, lanes, ring), a4 = rotated(x4, s4, lanes, ring), a5 = rotated(x5, s5, lanes, ring);
  const a6 = rotated(x6, s6, lanes, ring);
  // How many sources each slot has, in three binary digits.
  const low1 = sum3(a0, a1, a2), low2 = sum3(a3, a4, a5);
  const up1 = carry3(a0, a1, a2), up2 = carry3(a3, a4, a5), up3 = carry3(low1, low2, a6);
  const c0 = sum3(low1, low2, a6), c1 = sum3(up1, up2, up3), c2 = carry3(up1, up2, up3);
  const several = v128.or(c1, c2);
  let slots = v128.andnot(v128.or(c0, several), here);
  if (!v128.any_true(slots)) return false;
  if (policy === 0) {
    slots = fewer(fewer(fewer(slots, c2), c1), c0);
    slots = v128.and(slots, v128.or(i16x8.neg(slots), v128.andnot(c0, several)));
  } else {
    if (policy === 1) slots = fewer(fewer(fewer(slots, v128.not(c2)), v128.not(c1)), v128.not(c0));
    slots = v128.and(slots, i16x8.neg(slots));
  }
  v128.store(row, v128.or(here, slots));
  let found = v128.and(slots, a0);
  let taken = back(found, s0, lanes, ring);
  slots = v128.xor(slots, found);
  found = v128.and(slots, a1);
  taken = takeNext(r0, taken, h1 === h0, back(found, s1, lanes, ring));
  slots = v128.xor(slots, found);
  found = v128.and(slots, a2);
  taken = takeNext(r1, taken, h2 === h1, back(found, s2, lanes, ring));
  slots = v128.xor(slots, found);
  found = v128.and(slots, a3);
  taken = takeNext(r2, taken, h3 === h2, back(found, s3, lanes, ring));
  slots = v128.xor(slots, found);
  found = v128.and(slots, a4);
  taken = takeNext(r3, taken, h4 === h3, back(found, s4, lanes, ring));
  slots = v128.xor(slots, found);
  found = v128.and(slots, a5);
  taken = takeNext(r4, taken, h5 === h4, back(found, s5, lanes, ring));
  slots = v128.xor(slots, found);
  take(r6, takeNext(r5, taken, h6 === h5, back(slots, s6, lanes, ring)));
  return true;
}

/** Slots back to their sources. */
// @ts-ignore: decorator
@inline
function back(x: v128, step: i32, lanes: i32, ring: v128): v128 {
  return step === 0 ? x : rotated(x, lanes - step, lanes, ring);
}

/**
 * Schedules `count` rows of `blocks` (at most 32) times eight filters in place, behind which rows of zeros lie, as many as the farthest
 * connection looks ahead, and adds to `issued` (i32 per filter) the rows that are not skipped. A row is skipped when it is empty and
 * fewer than `lookahead` rows before it were: with `decoupled` by each filter for itself, else by all together.
 *
 * `connections` are seven pairs of u32: rows ahead (0 for none) and lanes further, less than `lanes`. `kind` 1 to 4 are tridents on 16
 * lanes whose connections are the constants below, 0 is any list. `state` has 16 bytes of zeros per block and 16 more.
 */
export function scheduleRows(
  rows: usize, count: i32, blocks: i32, connections: usize, kind: i32, lookahead: i32, policy: i32, decoupled: bool, lanes: i32,
  state: usize, issued: usize,
): void {
  const all = i16x8.splat(-1);
  // A copy of the loops for each list: what is constant in them costs nothing there.
  switch (kind) {
    case 1: // T<1,6>
      return schedule(rows, count, blocks, lookahead, policy, decoupled, 16, all, state, issued,
        1, 1, 1, 1, 1, 1, 1, 13, 14, 15, 0, 1, 2, 3);
    case 2: // T<2,5>
      return schedule(rows, count, blocks, lookahead, policy, decoupled, 16, all, state, issued,
        1, 1, 1, 1, 2, 2, 2, 15, 0, 1, 3, 14, 0, 2);
    case 3: // T<3,4>
      return schedule(rows, count, blocks, lookahead, policy, decoupled, 16, all, state, issued,
        1, 1, 1, 2, 2, 2, 3, 15, 0, 1, 14, 0, 2, 0);
    case 4: // T<4,3>
      return schedule(rows, count, blocks, lookahead, policy, decoupled, 16, all, state, issued,
        1, 1, 1, 2, 2, 3, 4, 15, 0, 1, 0, 2, 0, 0);
    default:
      return schedule(rows, count, blocks, lookahead, policy, decoupled, lanes, i16x8.splat(<i16>((<u32>1 << lanes) - 1)), state, issued,
        load<u32>(connections), load<u32>(connections, 8), load<u32>(connections, 16), load<u32>(connections, 24),
        load<u32>(connections, 32), load<u32>(connections, 40), load<u32>(connections, 48),
        load<i32>(connections, 4), load<i32>(connections, 12), load<i32>(connections, 20), load<i32>(connections, 28),
        load<i32>(connections, 36), load<i32>(connections, 44), load<i32>(connections, 52));
  }
}

// @ts-ignore: decorator
@inline
function schedule(
  rows: usize, count: i32, blocks: i32, lookahead: i32, policy: i32, decoupled: bool, lanes: i32, ring: v128, state: usize, issued: usize,
  h0: u32, h1: u32, h2: u32, h3: u32, h4: u32, h5: u32, h6: u32,
  s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32, s6: i32,
): void {
  const size = <usize>16 * blocks, none = state + 16 * blocks;
  const zero = i16x8.splat(0), all = i16x8.splat(-1), most = i16x8.splat(<i16>lookahead);
  for (const end = rows + size * count; rows < end; rows += size) {
    let some = zero;
    for (let block = 0; block < blocks; block++) some = v128.or(some, v128.load(rows + 16 * block));
    const allEmpty = v128.any_true(some) ? zero : all;
    let open: u32 = 0;
    for (let block = 0; block < blocks; block++) {
      const row = rows + 16 * block, own = state + 16 * block, counts = issued + 32 * block;
      const here = v128.load(row), skips = v128.load(own);
      const skipped = v128.and(decoupled ? i16x8.eq(here, zero) : allEmpty, i16x8.lt_s(skips, most));
      v128.store(own, v128.and(i16x8.sub(skips, skipped), skipped));
      v128.store(row, v128.or(here, skipped)); // no empty slots: nothing is moved into it
      const active = v128.not(skipped);
      if (!v128.any_true(active)) continue;
      open |= <u32>1 << block;
      v128.store(counts, i32x4.sub(v128.load(counts), i32x4.extend_low_i16x8_s(active)));
      v128.store(counts, i32x4.sub(v128.load(counts, 16), i32x4.extend_high_i16x8_s(active)), 16);
    }
    // Turn by turn over all blocks: what one has to wait for, the others do not.
    while (open !== 0) {
      for (let block = 0; block < blocks; block++) {
        const bit = <u32>1 << block;
        if ((open & bit) === 0) continue;
        const more = promote(
          rows + 16 * block, size, none, policy, lanes, ring,
          h0, h1, h2, h3, h4, h5, h6, s0, s1, s2, s3, s4, s5, s6,
        );
        if (!more) open ^= bit;
      }
    }
  }
}

/**
 * Lays the weights of eight filters out as rows for {@link scheduleRows}. `filters` are eight u32 pairs: the first bit of the filter (its
 * weights lie tap by tap, `perTap` bits each) and the lane of its first channel; bit -1 is no filter. Taps are taken in the order of
 * the list of u32 at `taps`, channels are cut into rows of `lanes`. Rows are `stride` bytes apart.
 */
export function layRows(
  bits: usize, filters: usize, taps: usize, tapCount: i32, perTap: i32, lanes: i32, rows: usize, stride: i32,
): void {
  for (let f: usize = 0; f < 8; f++) {
    const first = load<u32>(filters + 8 * f), lane = load<u32>(filters + 8 * f, 4);
    let to = rows + 2 * f;
    if (first === -1) {
      for (let i = tapCount * ((perTap + lanes - 1) / lanes); i > 0; i--, to += stride) store<u16>(to, 0);
      continue;
    }
    const isWhole = lanes === 16 && lane === 0 && (perTap & 15) === 0; // rows begin at a byte and have no lane to spare
    for (let i = 0; i < tapCount; i++) {
      const tap = first + load<u32>(taps + 4 * i) * perTap;
      if (isWhole) {
        const from = bits + (tap >> 3);
        for (let at = from; at < from + (perTap >> 3); at += 2, to += stride) store<u16>(to, load<u16>(at));
        continue;
      }
      for (let channel = 0; channel < perTap; channel += lanes, to += stride) {
        const bit = tap + channel;
        const weights = (load<u32>(bits + (bit >> 3)) >> (bit & 7)) & ((<u32>1 << min(lanes, perTap - channel)) - 1);
        store<u16>(to, <u16>(weights << lane));
      }
    }
  }
}
