/** In which order empty slots are filled: those with the fewest sources first, those with the most first, or simply by lane. */
export type PromotionPolicy = 'least-flexible-first' | 'most-flexible-first' | 'greedy';

/** Where an empty slot may take a weight from: so many rows ahead, so many lanes aside, around the ring of a filter's lanes. */
export type Connection = readonly [ahead: number, aside: number];

/** How rows of weights are scheduled. */
export interface ScheduleRule {
  /** Slots of a filter in a row. */
  readonly lanes: number;
  /** Most empty rows that are skipped one after another. */
  readonly lookahead: number;
  /** In the order in which a slot tries them. */
  readonly connections: readonly Connection[];
  readonly policy: PromotionPolicy;
  /** Each filter skips rows for itself, instead of all together. */
  readonly decoupled: boolean;
}

/** What {@link scheduleSlots} answers. */
export interface SlotSchedule {
  /** Per slot the slot that its weight comes from; -1 for an empty one. */
  readonly sources: Int32Array;
  /** 1 where the row of a filter is issued, 0 where it is skipped: [row, filter]. */
  readonly issued: Uint8Array;
}

/**
 * The scheduling of weights the slow, obvious way: row by row, every filter for itself, fills empty slots one at a time from the rows
 * ahead, and looks again after each. Empty rows are skipped, at most `lookahead` in a row; nothing is moved into these.
 *
 * @param occupied [rows, filters, lanes]: not 0 where there is a weight.
 * @example
 * ```ts
 * const rule = {lanes: 4, lookahead: 1, connections: [[1, 0]], policy: 'least-flexible-first', decoupled: false} as const;
 * scheduleSlots(Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 1), 1, rule).issued; // [1, 0]
 * ```
 */
export function scheduleSlots(occupied: ArrayLike<number>, filters: number, rule: ScheduleRule): SlotSchedule {
  const { lanes, lookahead, decoupled } = rule;
  const width = filters * lanes;
  const rows = occupied.length / width;
  const sources = Int32Array.from(occupied, (weight, slot) => (weight === 0 ? -1 : slot));
  const issued = new Uint8Array(rows * filters);
  const skips = new Array<number>(filters).fill(0);
  const isEmpty = (from: number, to: number) => sources.subarray(from, to).every((source) => source === -1);
  for (let row = 0; row < rows; row++) {
    const allEmpty = isEmpty(row * width, (row + 1) * width);
    for (let filter = 0; filter < filters; filter++) {
      const first = row * width + filter * lanes;
      const empty = decoupled ? isEmpty(first, first + lanes) : allEmpty;
      const skip = empty && skips[filter] < lookahead;
      skips[filter] = skip ? skips[filter] + 1 : 0;
      if (skip) continue;
      issued[row * filters + filter] = 1;
      fillSlots(sources, first, width, rule);
    }
  }
  return { sources, issued };
}

/** Fills the empty slots of one filter's row. */
function fillSlots(sources: Int32Array, first: number, width: number, rule: ScheduleRule): void {
  for (;;) {
    let slot = -1;
    let chosen = -1;
    let flexibility = 0;
    for (let lane = 0; lane < rule.lanes; lane++) {
      if (sources[first + lane] !== -1) continue;
      let nearest = -1;
      let found = 0;
      for (const [ahead, aside] of rule.connections) {
        const source = first + ahead * width + ringLane(lane + aside, rule.lanes);
        if (source >= sources.length || sources[source] === -1) continue;
        if (found === 0) nearest = source;
        found++;
      }
      if (found === 0 || (slot !== -1 && !isBefore(found, flexibility, rule.policy))) continue;
      [slot, chosen, flexibility] = [first + lane, nearest, found];
    }
    if (slot === -1) return;
    sources[slot] = sources[chosen];
    sources[chosen] = -1;
  }
}

/** Lane of a ring. */
export function ringLane(lane: number, lanes: number): number {
  return ((lane % lanes) + lanes) % lanes;
}

function isBefore(sources: number, best: number, policy: PromotionPolicy): boolean {
  if (policy === 'greedy') return false;
  return policy === 'least-flexible-first' ? sources < best : sources > best;
}
