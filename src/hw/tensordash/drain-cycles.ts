/** Multipliers of a processing element: the levels of its scheduler are made for a ring of 16. */
export const lanes = 16;

/**
 * What the multiplexers of a multiplier reach besides the slot of its own, best first: rows ahead, and lanes to the side, on a ring. With
 * its own slot these are eight (the network of 003 with lookahead 2 and lookaside 5, mirrored).
 */
const reach = [
  [1, 0],
  [2, 0],
  [1, -1],
  [1, 1],
  [2, -2],
  [2, 2],
  [1, -3],
] as const;

/** Lanes of a level reach no slot in common, so that they choose at the same time, each level after the one before. */
const levels = [[0, 5, 10], [1, 6, 11], [2, 7, 12], [3, 8, 13], [4, 9, 14], [15]] as const;

const order = Uint8Array.from(levels.flat());

/** The slots within reach of each lane, counted from the first slot of the window, in the order of the lanes and their priorities. */
const within = Uint8Array.from(
  levels.flat().flatMap((lane) => reach.map(([ahead, aside]) => lanes * ahead + ((lane + aside + lanes) % lanes))),
);

/**
 * Cycles in which a tile works off its pairs of operands, 16 lanes by `rows`. In a cycle each multiplier takes the pair of its own slot in
 * the first of three staged rows, or else the first pair within its reach; then the rows that no element of the tile needs any more, one
 * to three, make way for the next. So `rows / 3 <= cycles <= rows`, both rounded up.
 *
 * @param slots bit e of `slots[16 * row + lane]` is 1 where element e of the tile has a pair to multiply; two rows of zeros behind the last.
 *   They are used up.
 */
export function drainCycles(slots: Int32Array, rows: number): number {
  let cycles = 0;
  for (let first = 0; first < rows * lanes; cycles++) {
    for (let i = 0, at = 0; i < lanes; i++, at += reach.length) {
      let idle = ~slots[first + order[i]];
      idle = take(slots, first + within[at], idle); // a loop here takes twice as long
      idle = take(slots, first + within[at + 1], idle);
      idle = take(slots, first + within[at + 2], idle);
      idle = take(slots, first + within[at + 3], idle);
      idle = take(slots, first + within[at + 4], idle);
      idle = take(slots, first + within[at + 5], idle);
      take(slots, first + within[at + 6], idle);
    }
    if (anyLeft(slots, first + lanes)) first += lanes;
    else first += anyLeft(slots, first + 2 * lanes) ? 2 * lanes : 3 * lanes;
  }
  return cycles;
}

/** Gives the pairs of a slot to the multipliers that are idle; returns those that still are. */
function take(slots: Int32Array, slot: number, idle: number): number {
  const taken = slots[slot] & idle;
  slots[slot] ^= taken;
  return idle ^ taken;
}

function anyLeft(slots: Int32Array, from: number): boolean {
  let left = 0;
  for (let slot = from; slot < from + lanes; slot++) left |= slots[slot];
  return left !== 0;
}
