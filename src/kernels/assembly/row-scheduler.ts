// Promotion of weights into empty slots, eight filters at a time: a row of eight filters is 16 bytes, byte l is lane l and bit f of it is
// filter f. Lanes are then moved by byte shuffles, and filters, which do not meet, are worked on in parallel.

/** Connections that fit the bit-sliced counters. */
const CONNECTIONS: i32 = 7;

// @ts-ignore: decorator
@inline
function rotated(bytes: v128, step: usize, connections: usize): v128 {
  return i8x16.swizzle(bytes, v128.load(connections + step));
}

/** In every lane: the filters that have a bit in some lane. */
// @ts-ignore: decorator
@inline
function across(x: v128): v128 {
  x = v128.or(x, i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  x = v128.or(x, i8x16.shuffle(x, x, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3));
  x = v128.or(x, i8x16.shuffle(x, x, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1));
  return v128.or(x, i8x16.shuffle(x, x, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0));
}

/** Of each filter the lowest lane only. */
// @ts-ignore: decorator
@inline
function lowest(x: v128): v128 {
  const none = i8x16.splat(0);
  let y = i8x16.shuffle(none, x, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  y = v128.or(y, i8x16.shuffle(none, y, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30));
  y = v128.or(y, i8x16.shuffle(none, y, 0, 1, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29));
  y = v128.or(y, i8x16.shuffle(none, y, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27));
  y = v128.or(y, i8x16.shuffle(none, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  return v128.andnot(x, y);
}

/** The lanes whose counter has a 0 in this digit, of filters that have such lanes; of the others all. */
// @ts-ignore: decorator
@inline
function fewer(lanes: v128, digit: v128): v128 {
  const below = v128.andnot(lanes, digit);
  return v128.or(below, v128.andnot(lanes, across(below)));
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

/**
 * Fills one empty slot of each of eight filters, of those that have one with a source; false when there are none. `connections` holds, of
 * each of the seven, 16 bytes that bring its sources to their slots and 16 bytes that take slots back to sources.
 */
// @ts-ignore: decorator
@inline
function promote(
  row: usize, active: v128, connections: usize, policy: i32,
  r0: usize, r1: usize, r2: usize, r3: usize, r4: usize, r5: usize, r6: usize,
): bool {
    const here = v128.load(row);
    const a0 = rotated(v128.load(r0), 0, connections), a1 = rotated(v128.load(r1), 32, connections);
    const a2 = rotated(v128.load(r2), 64, connections), a3 = rotated(v128.load(r3), 96, connections);
    const a4 = rotated(v128.load(r4), 128, connections), a5 = rotated(v128.load(r5), 160, connections);
    const a6 = rotated(v128.load(r6), 192, connections);
    const some = v128.or(v128.or(v128.or(a0, a1), v128.or(a2, a3)), v128.or(v128.or(a4, a5), a6));
    let slots = v128.and(active, v128.andnot(some, here));
    if (!v128.any_true(slots)) return false;
    if (policy !== 2) {
      const s0 = sum3(a0, a1, a2), s1 = sum3(a3, a4, a5);
      const k0 = carry3(a0, a1, a2), k1 = carry3(a3, a4, a5);
      let c0 = sum3(s0, s1, a6);
      const k2 = carry3(s0, s1, a6);
      let c1 = sum3(k0, k1, k2);
      let c2 = carry3(k0, k1, k2);
      if (policy === 1) {
        c0 = v128.not(c0);
        c1 = v128.not(c1);
        c2 = v128.not(c2);
      }
      slots = fewer(fewer(fewer(slots, c2), c1), c0);
    }
    slots = lowest(slots);
    v128.store(row, v128.or(here, slots));
    let found = v128.and(slots, a0);
    let taken = rotated(found, 16, connections);
    if (r1 !== r0) {
      v128.store(r0, v128.xor(v128.load(r0), taken));
      taken = i8x16.splat(0);
    }
    slots = v128.xor(slots, found);
    found = v128.and(slots, a1);
    taken = v128.or(taken, rotated(found, 48, connections));
    if (r2 !== r1) {
      v128.store(r1, v128.xor(v128.load(r1), taken));
      taken = i8x16.splat(0);
    }
    slots = v128.xor(slots, found);
    found = v128.and(slots, a2);
    taken = v128.or(taken, rotated(found, 80, connections));
    if (r3 !== r2) {
      v128.store(r2, v128.xor(v128.load(r2), taken));
      taken = i8x16.splat(0);
    }
    slots = v128.xor(slots, found);
    found = v128.and(slots, a3);
    taken = v128.or(taken, rotated(found, 112, connections));
    if (r4 !== r3) {
      v128.store(r3, v128.xor(v128.load(r3), taken));
      taken = i8x16.splat(0);
    }
    slots = v128.xor(slots, found);
    found = v128.and(slots, a4);
    taken = v128.or(taken, rotated(found, 144, connections));
    if (r5 !== r4) {
      v128.store(r4, v128.xor(v128.load(r4), taken));
      taken = i8x16.splat(0);
    }
    slots = v128.xor(slots, found);
    found = v128.and(slots, a5);
    taken = v128.or(taken, rotated(found, 176, connections));
    if (r6 !== r5) {
      v128.store(r5, v128.xor(v128.load(r5), taken));
      taken = i8x16.splat(0);
    }
    slots = v128.xor(slots, found);
    found = v128.and(slots, a6);
    taken = v128.or(taken, rotated(found, 208, connections));
    v128.store(r6, v128.xor(v128.load(r6), taken));
    return true;
}

/**
 * Schedules `count` rows of `blocks` times eight filters in place, behind which `lookahead` rows of zeros lie, and adds to `issued` (u32
 * per filter) the rows that are not skipped. A row is skipped when it is empty and fewer than `lookahead` rows before it were: with
 * `decoupled` by each filter for itself, else by all together. `aheads` are u32, one per connection. `skips` has 64 bytes of zeros for each of at most 32 blocks.
 * Policies: 0 the slot with the fewest sources first, 1 with the most, 2 the lowest lane; ties to the lowest lane.
 */
export function scheduleRows(
  rows: usize, count: i32, blocks: i32, connections: usize, aheads: usize, lookahead: i32, policy: i32, decoupled: bool,
  skips: usize, issued: usize,
): void {
  const size = <usize>16 * blocks;
  const all = i8x16.splat(-1);
  const h0 = i8x16.splat(<i8>(-(lookahead & 1)));
  const h1 = i8x16.splat(<i8>(-((lookahead >> 1) & 1)));
  const h2 = i8x16.splat(<i8>(-((lookahead >> 2) & 1)));
  const o0 = size * load<u32>(aheads), o1 = size * load<u32>(aheads, 4), o2 = size * load<u32>(aheads, 8);
  const o3 = size * load<u32>(aheads, 12), o4 = size * load<u32>(aheads, 16), o5 = size * load<u32>(aheads, 20);
  const o6 = size * load<u32>(aheads, 24);
  for (const end = rows + size * count; rows < end; rows += size) {
    let some = i8x16.splat(0);
    for (let block = 0; block < blocks; block++) some = v128.or(some, v128.load(rows + 16 * block));
    const allEmpty = v128.any_true(some) ? i8x16.splat(0) : all;
    let open: u32 = 0;
    for (let block = 0; block < blocks; block++) {
      const row = rows + 16 * block, skip = skips + 64 * block, counts = issued + 32 * block;
      const empty = decoupled ? v128.not(across(v128.load(row))) : allEmpty;
      // How many rows were skipped before this one, in three binary digits.
      const s0 = v128.load(skip), s1 = v128.load(skip, 16), s2 = v128.load(skip, 32);
      const room = v128.or(v128.or(v128.xor(s0, h0), v128.xor(s1, h1)), v128.xor(s2, h2));
      const skipped = v128.and(empty, room);
      v128.store(skip, v128.andnot(skipped, s0));
      v128.store(skip, v128.and(skipped, v128.xor(s1, s0)), 16);
      v128.store(skip, v128.and(skipped, v128.xor(s2, v128.and(s1, s0))), 32);
      const active = v128.not(skipped);
      v128.store(skip, active, 48);
      if (!v128.any_true(active)) continue;
      open |= <u32>1 << block;
      const filters = i32x4.splat(<i32>i8x16.extract_lane_u(active, 0));
      const none = i32x4.splat(0);
      const low = i32x4.ne(v128.and(filters, i32x4(1, 2, 4, 8)), none);
      const high = i32x4.ne(v128.and(filters, i32x4(16, 32, 64, 128)), none);
      v128.store(counts, i32x4.sub(v128.load(counts), low));
      v128.store(counts, i32x4.sub(v128.load(counts, 16), high), 16);
    }
    // Turn by turn over all blocks: what one has to wait for, the others do not.
    while (open !== 0) {
      for (let block = 0; block < blocks; block++) {
        const bit = <u32>1 << block;
        if ((open & bit) === 0) continue;
        const row = rows + 16 * block;
        const more = promote(
          row, v128.load(skips + 64 * block, 48), connections, policy,
          row + o0, row + o1, row + o2, row + o3, row + o4, row + o5, row + o6,
        );
        if (!more) open ^= bit;
      }
    }
  }
}

/**
 * Lays the weights of eight filters out as rows for {@link scheduleRows}. `filters` are eight u32 pairs: the first bit of the filter (its
 * weights lie tap by tap, `perTap` bits each) and the lane of its first channel; bit -1 is no filter; behind them lie 16 bytes of zeros.
 * Taps are taken in the order of the list of u32 at `taps`, channels are cut into rows of `lanes`. Rows are `stride` bytes apart.
 */
export function layRows(
  bits: usize, filters: usize, taps: usize, tapCount: i32, perTap: i32, lanes: i32, rows: usize, stride: i32,
): void {
  for (const end = taps + 4 * tapCount; taps < end; taps += 4) {
    const tap = load<u32>(taps);
    for (let channel = 0; channel < perTap; channel += lanes, rows += stride) {
      const mask: u32 = ((<u32>1 << min(lanes, perTap - channel)) - 1);
      for (let f: u32 = 0; f < 8; f++) {
        const first = load<i32>(filters + 8 * f);
        if (first === -1) continue;
        const bit = <u32>first + tap * perTap + channel;
        const weights = (load<u32>(bits + (bit >> 3)) >> (bit & 7)) & mask;
        store<u16>(filters + 64 + 2 * f, <u16>(weights << load<u32>(filters + 8 * f, 4)));
      }
      const masks = v128.load(filters + 64);
      // Low bytes of the eight filters, then high bytes: each turn takes their top bits, lanes 7 and 15 first.
      let bytes = i8x16.shuffle(masks, masks, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
      for (let lane = 7; lane >= 0; lane--) {
        const top = i8x16.bitmask(bytes);
        store<u8>(rows + lane, <u8>top);
        store<u8>(rows + lane, <u8>(top >> 8), 8);
        bytes = i8x16.add(bytes, bytes);
      }
    }
  }
}
