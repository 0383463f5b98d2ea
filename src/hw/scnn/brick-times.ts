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

/** Cycles of a brick whose products all land, by the multisets of its outputs' and its filters' classes; worked out when first asked. */
export function brickTimes(outputs: Multisets, filters: Multisets, banks: number): (outputSet: number) => Uint8Array {
  const rows: Uint8Array[] = [];
  const occupancy = new Uint8Array(32);

  function row(outputSet: number): Uint8Array {
    const times = new Uint8Array(filters.members.length / 8);
    for (let filterSet = 0; filterSet < times.length; filterSet++) {
      occupancy.fill(0);
      for (let o = 0; o < 8; o++) {
        for (let f = 0; f < 8; f++) {
          const hash = (o << 2) ^ (((f & 4) << 2) | (f & 3));
          occupancy[hash % banks] += outputs.members[8 * outputSet + o] * filters.members[8 * filterSet + f];
        }
      }
      times[filterSet] = Math.max(1, ...occupancy);
    }
    return times;
  }

  return (outputSet) => {
    rows[outputSet] ??= row(outputSet);
    return rows[outputSet];
  };
}
