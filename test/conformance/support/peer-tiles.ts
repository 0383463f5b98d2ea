import { type FilterLayer, filterLayers, type GemmWork, inScanOrder, tacticalConnections } from '../../../src/hw/index.js';
import { type Connection, type ScheduleRule, scheduleSlots, setSlots } from '../../../src/kernels/index.js';

/** The tiles of a configuration. */
interface Tiles {
  readonly tiles: number;
  readonly filters: number;
  readonly lanes: number;
  readonly windows: number;
}

/** The connections of a shape in the peer's order. On a ring of few lanes two may be one source: the first stands for both. */
export function connectionsOn(lanes: number, shape: 'L' | 'T', lookahead: number, lookaside: number): Connection[] {
  const sources = new Set<string>();
  return inScanOrder(tacticalConnections(shape, lookahead, lookaside), 'by-row').filter(([ahead, aside]) => {
    const source = `${ahead} ${(aside + lanes) % lanes}`;
    return sources.size < sources.add(source).size;
  });
}

/**
 * The cycles of a scheduled layer of several groups as the peer has them, fault and all: a set ends with the last row of the set in its
 * place of the first group, and where that comes too late, rows skipped at its end count for the next set of the tile.
 */
export function peerGroupCycles(work: GemmWork, { windows, tiles, ...shape }: Tiles, rule: ScheduleRule): number {
  const [layer] = filterLayers(work, shape);
  const setsPerGroup = Math.ceil(layer.filtersPerGroup / shape.filters);
  const empty = emptyRows(layer, rule);
  const ends = empty.slice(0, setsPerGroup).map((rows) => lastIssued(rows, rule.lookahead));
  const skipped = new Array<number>(tiles).fill(0);
  let cycles = 0;
  for (let group = 0; group < empty.length; group += setsPerGroup) {
    for (let window = 0; window < Math.ceil(layer.windowsPerImage / windows); window++) {
      for (let first = 0; first < setsPerGroup; first += tiles) {
        const pass = empty.slice(group + first, group + Math.min(first + tiles, setsPerGroup));
        cycles += passCycles(pass, ends.slice(first), skipped, rule.lookahead);
      }
    }
  }
  return layer.images * cycles;
}

function passCycles(pass: readonly boolean[][], ends: readonly number[], skipped: number[], lookahead: number): number {
  const at = pass.map(() => 0);
  for (let cycles = 0; ; ) {
    const issues = pass.map((rows, tile) => {
      while (at[tile] < rows.length) {
        if (!rows[at[tile]++] || skipped[tile] === lookahead) {
          skipped[tile] = 0;
          return true;
        }
        skipped[tile]++;
      }
      return false;
    });
    if (!issues.includes(true)) return cycles;
    cycles++;
    if (issues.every((issued, tile) => !issued || at[tile] > ends[tile])) {
      skipped.fill(0);
      return cycles;
    }
  }
}

/** Which rows of each set have no weight when all have moved. */
function emptyRows({ sets, rows, bits }: FilterLayer, rule: ScheduleRule): boolean[][] {
  return sets.map((set) => {
    const { sources } = scheduleSlots(setSlots(bits(), set, rule.lanes), set.filters.length, rule);
    const width = set.filters.length * rule.lanes;
    return Array.from({ length: rows }, (_, row) => sources.subarray(row * width, (row + 1) * width).every((at) => at === -1));
  });
}

function lastIssued(empty: readonly boolean[], lookahead: number): number {
  let [last, skipped] = [0, 0];
  empty.forEach((isEmpty, row) => {
    if (isEmpty && skipped < lookahead) skipped++;
    else [last, skipped] = [row, 0];
  });
  return last;
}
