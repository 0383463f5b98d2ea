/** Multisets of up to `size` of eight classes, numbered from 0, the empty one; `next[8 * set + c]` is the set with a c more. */
export interface Multisets {
  readonly next: Int32Array;
  /** Members of each class, eight per set. */
  readonly members: Uint8Array;
}

export function multisets(size: number): Multisets {
  const known = new Map<string, number>([['0,0,0,0,0,0,0,0', 0]]);
  const sets: number[][] = [[0, 0, 0, 0, 0, 0, 0, 0]];
  const next: number[] = [];
  for (let set = 0; set < sets.length; set++) {
    const members = sets[set];
    const full = members.reduce((sum, count) => sum + count, 0) === size;
    for (let c = 0; c < 8; c++) {
      const more = members.with(c, members[c] + 1);
      const id = full ? -1 : (known.get(more.join()) ?? sets.length);
      if (id === sets.length) {
        known.set(more.join(), id);
        sets.push(more);
      }
      next.push(id);
    }
  }
  return { next: Int32Array.from(next), members: Uint8Array.from(sets.flat()) };
}

/** Class of an output's share in a bank (bits 2 to 4), and of a filter's (bits 0, 1 and 4). */
export const outputClass = (hash: number): number => hash >> 2;
export const filterClass = (hash: number): number => ((hash >> 2) & 4) | (hash & 3);

/** Cycles of bricks whose products all land, by the multisets of their outputs' and of their filters' classes. */
export interface BrickTimes {
  readonly outputs: Multisets;
  readonly filters: Multisets;
  /** [outputs][filters], 0 where not worked out yet. */
  readonly table: Uint8Array;
  readonly filterSets: number;
  /** Works an entry of the table out. */
  workOut(entry: number): number;
}

export function brickTimes(activationVector: number, weightVector: number, banks: number): BrickTimes {
  const outputs = multisets(activationVector);
  const filters = multisets(weightVector);
  const filterSets = filters.members.length / 8;
  const table = new Uint8Array((outputs.members.length / 8) * filterSets);

  function workOut(entry: number): number {
    const occupancy = new Uint8Array(banks);
    const [outputSet, filterSet] = [Math.floor(entry / filterSets), entry % filterSets];
    for (let o = 0; o < 8; o++) {
      for (let f = 0; f < 8; f++) {
        const bank = ((o << 2) ^ (((f & 4) << 2) | (f & 3))) % banks;
        occupancy[bank] += outputs.members[8 * outputSet + o] * filters.members[8 * filterSet + f];
      }
    }
    table[entry] = Math.max(1, ...occupancy);
    return table[entry];
  }

  return { outputs, filters, table, filterSets, workOut };
}
