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

// @ts-ignore: decorator
@inline
function take(from: usize, taken: v128): void {
  v128.store(from, v128.xor(v128.load(from), taken));
}

/**
 * Fills one empty slot of each of eight filters, of those that have one with a source; false when there are none. Connection i looks into
 * row `ri`, `si` lanes further. Policies: 0 the slot with the fewest sources, 1 with the most, 2 the lowest lane; ties to the lowest lane.
 */
// @ts-ignore: decorator
@inline
function promote(
  row: usize, active: v128, policy: i32, lanes: i32, ring: v128,
  r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, r6: usize,
  s0: i32, s1: i32, s2: i32, s3: i32, s4: i32, s5: i32, s6: i32,
): bool {
  const here = v128.load(row);
  const a0 = rotated(v128.load(r0), s0, lanes, ring), a1 = rotated(v128.load(r1), s1, lanes, ring);
  const a2 = rotated(v128.load(r2), s2, lanes, ring), a3 = rotated(v128.load(r3), s3, lanes, ring);
  const a4 = rotated(v128.load(r4), s4, lanes, ring), a5 = rotated(v128.load(r5), s5, lanes, ring);
  const a6 = rotated(v128.load(r6), s6, lanes, ring);
  // How many sources each slot has, in three binary digits.
  const low1 = sum3(a0, a1, a2), low2 = sum3(a3, a4, a5);
  const up1 = carry3(a0, a1, a2), up2 = carry3(a3, a4, a5), up3 = carry3(low1, low2, a6);
  let c0 = sum3(low1, low2, a6), c1 = sum3(up1, up2, up3), c2 = carry3(up1, up2, up3);
  let slots = v128.and(active, v128.andnot(v128.or(v128.or(c0, c1), c2), here));
  if (!v128.any_true(slots)) return false;
  if (policy !== 2) {
    if (policy === 1) {
      c0 = v128.not(c0);
      c1 = v128.not(c1);
      c2 = v128.not(c2);
    }
    slots = fewer(fewer(fewer(slots, c2), c1), c0);
  }
  slots = v128.and(slots, i16x8.neg(slots));
  v128.store(row, v128.or(here, slots));
  let found = v128.and(slots, a0);
  let taken = back(found, s0, lanes, ring);
  if (r1 !== r0) {
    take(r0, taken);
    taken = i16x8.splat(0);
  }
  slots = v128.xor(slots, found);
  found = v128.and(slots, a1);
  taken = v128.or(taken, back(found, s1, lanes, ring));
  if (r2 !== r1) {
    take(r1, taken);
    taken = i16x8.splat(0);
  }
  slots = v128.xor(slots, found);
  found = v128.and(slots, a2);
  taken = v128.or(taken, back(found, s2, lanes, ring));
  if (r3 !== r2) {
    take(r2, taken);
    taken = i16x8.splat(0);
  }
  slots = v128.xor(slots, found);
  found = v128.and(slots, a3);
  taken = v128.or(taken, back(found, s3, lanes, ring));
  if (r4 !== r3) {
    take(r3, taken);
    taken = i16x8.splat(0);
  }
  slots = v128.xor(slots, found);
  found = v128.and(slots, a4);
  taken = v128.or(taken, back(found, s4, lanes, ring));
  if (r5 !== r4) {
    take(r4, taken);
    taken = i16x8.splat(0);
  }
  slots = v128.xor(slots, found);
  found = v128.and(slots, a5);
  taken = v128.or(taken, back(found, s5, lanes, ring));
  if (r6 !== r5) {
    take(r5, taken);
    taken = i16x8.splat(0);
  }
  slots = v128.xor(slots, found);
  take(r6, v128.or(taken, back(slots, s6, lanes, ring)));
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
 * lanes whose lanes are the constants below, 0 is any list. `state` has 32 bytes of zeros per block and 16 more.
 */
export function scheduleRows(
  rows: usize, count: i32, blocks: i32, connections: usize, kind: i32, lookahead: i32, policy: i32, decoupled: bool, lanes: i32,
  state: usize, issued: usize,
): void {
  const size = <usize>16 * blocks, none = state + 32 * blocks;
  const zero = i16x8.splat(0), all = i16x8.splat(-1), most = i16x8.splat(<i16>lookahead);
  const ring = i16x8.splat(<i16>((<u32>1 << lanes) - 1));
  const d0 = load<u32>(connections), d1 = load<u32>(connections, 8), d2 = load<u32>(connections, 16);
  const d3 = load<u32>(connections, 24), d4 = load<u32>(connections, 32), d5 = load<u32>(connections, 40);
  const d6 = load<u32>(connections, 48);
  const s0 = load<i32>(connections, 4), s1 = load<i32>(connections, 12), s2 = load<i32>(connections, 20);
  const s3 = load<i32>(connections, 28), s4 = load<i32>(connections, 36), s5 = load<i32>(connections, 44);
  const s6 = load<i32>(connections, 52);
  for (const end = rows + size * count; rows < end; rows += size) {
    let some = zero;
    for (let block = 0; block < blocks; block++) some = v128.or(some, v128.load(rows + 16 * block));
    const allEmpty = v128.any_true(some) ? zero : all;
    let open: u32 = 0;
    for (let block = 0; block < blocks; block++) {
      const own = state + 32 * block, counts = issued + 32 * block;
      const empty = decoupled ? i16x8.eq(v128.load(rows + 16 * block), zero) : allEmpty;
      const skips = v128.load(own);
      const skipped = v128.and(empty, i16x8.lt_s(skips, most));
      v128.store(own, v128.and(i16x8.sub(skips, skipped), skipped));
      const active = v128.not(skipped);
      v128.store(own, active, 16);
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
        const row = rows + 16 * block, active = v128.load(state + 32 * block, 16);
        const r0 = d0 ? row + size * d0 : none, r1 = d1 ? row + size * d1 : none, r2 = d2 ? row + size * d2 : none;
        const r3 = d3 ? row + size * d3 : none, r4 = d4 ? row + size * d4 : none, r5 = d5 ? row + size * d5 : none;
        const r6 = d6 ? row + size * d6 : none;
        let more: bool;
        switch (kind) {
          case 1: // T<1,6>
            more = promote(row, active, policy, 16, all, r0, r1, r2, r3, r4, r5, r6, 13, 14, 15, 0, 1, 2, 3);
            break;
          case 2: // T<2,5>
            more = promote(row, active, policy, 16, all, r0, r1, r2, r3, r4, r5, r6, 15, 0, 1, 3, 14, 0, 2);
            break;
          case 3: // T<3,4>
            more = promote(row, active, policy, 16, all, r0, r1, r2, r3, r4, r5, r6, 15, 0, 1, 14, 0, 2, 0);
            break;
          case 4: // T<4,3>
            more = promote(row, active, policy, 16, all, r0, r1, r2, r3, r4, r5, r6, 15, 0, 1, 0, 2, 0, 0);
            break;
          default:
            more = promote(row, active, policy, lanes, ring, r0, r1, r2, r3, r4, r5, r6, s0, s1, s2, s3, s4, s5, s6);
        }
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
    for (let i = 0; i < tapCount; i++) {
      const tap = first + load<u32>(taps + 4 * i) * perTap;
      for (let channel = 0; channel < perTap; channel += lanes, to += stride) {
        const bit = tap + channel;
        const weights = (load<u32>(bits + (bit >> 3)) >> (bit & 7)) & ((<u32>1 << min(lanes, perTap - channel)) - 1);
        store<u16>(to, <u16>(weights << lane));
      }
    }
  }
}
