import { rowSchedulerBase64 } from './binary/row-scheduler.js';
import { ringLane, type ScheduleRule, scheduleSlots } from './schedule-slots.js';
import type { WasmFunction } from './wasm-functions.js';

/** Weights of filters as rows of a bit matrix: tap by tap, `perTap` bits each; a tap's channels are cut into rows of lanes. */
export interface FilterBits {
  readonly words: Uint32Array;
  /** Words of 32 bits from one filter to the next. */
  readonly wordsPerFilter: number;
  /** The taps of a filter by their places in it, in the order in which they are taken. */
  readonly taps: readonly number[];
  readonly perTap: number;
}

/** Filters that advance together: their numbers in the bit matrix, and the lane of each one's first channel. */
export interface FilterSet {
  readonly filters: readonly number[];
  readonly firstLanes: readonly number[];
}

/** Schedules sets of filters of one layer. */
export interface RowScheduler {
  /** Takes the weights that the next sets are of. */
  load(bits: FilterBits): void;
  /** Rows that each filter of a set issues. */
  issuedRows(set: FilterSet): Uint32Array;
}

/** Most lanes, connections, rows ahead and filters of a set that the kernel takes; what is larger goes the slow way. */
const widest = { lanes: 16, connections: 7, lookahead: 7, filters: 256 };

/** The lists that the kernel knows by heart: connections of T<1,6>, <2,5>, <3,4> and <4,3> on 16 lanes, by row. */
const tridents = [
  '1,-3 1,-2 1,-1 1,0 1,1 1,2 1,3',
  '1,-1 1,0 1,1 1,3 2,-2 2,0 2,2',
  '1,-1 1,0 1,1 2,-2 2,0 2,2 3,0',
  '1,-1 1,0 1,1 2,0 2,2 3,0 4,0',
];

const policies = { 'least-flexible-first': 0, 'most-flexible-first': 1, greedy: 2 } as const;

/**
 * Rows that {@link scheduleSlots} issues, fast: eight filters at a time in WebAssembly, for up to 16 lanes and 7 connections.
 *
 * @example
 * ```ts
 * const scheduler = createRowScheduler({
 *   lanes: 4, lookahead: 1, connections: [[1, 0]], policy: 'least-flexible-first', decoupled: false,
 * });
 * scheduler.load({words: Uint32Array.of(0b1010_0101), wordsPerFilter: 1, taps: [0], perTap: 8});
 * scheduler.issuedRows({filters: [0], firstLanes: [0]})[0]; // 1: the second row fits into the first
 * ```
 */
export function createRowScheduler(rule: ScheduleRule): RowScheduler {
  const fits = rule.lanes <= widest.lanes && rule.connections.length <= widest.connections && rule.lookahead <= widest.lookahead;
  return fits ? kernelScheduler(rule) : slowScheduler(rule);
}

/**
 * The rows of a set as slots [rows, filters, lanes], 1 where there is a weight: what {@link scheduleSlots} takes.
 *
 * @example
 * ```ts
 * const bits = {words: Uint32Array.of(0b101), wordsPerFilter: 1, taps: [0], perTap: 3};
 * setSlots(bits, {filters: [0], firstLanes: [0]}, 4); // [1, 0, 1, 0]
 * ```
 */
export function setSlots(bits: FilterBits, { filters, firstLanes }: FilterSet, lanes: number): Uint8Array {
  const { words, wordsPerFilter, taps, perTap } = bits;
  const chunks = Math.ceil(perTap / lanes);
  const slots = new Uint8Array(taps.length * chunks * filters.length * lanes);
  filters.forEach((filter, i) => {
    taps.forEach((tap, step) => {
      for (let channel = 0; channel < perTap; channel++) {
        const bit = filter * wordsPerFilter * 32 + tap * perTap + channel;
        const row = step * chunks + Math.floor(channel / lanes);
        const slot = (row * filters.length + i) * lanes + firstLanes[i] + (channel % lanes);
        slots[slot] = (words[bit >>> 5] >>> (bit & 31)) & 1;
      }
    });
  });
  return slots;
}

function slowScheduler(rule: ScheduleRule): RowScheduler {
  let loaded: FilterBits;
  return {
    load(bits) {
      loaded = bits;
    },
    issuedRows(set) {
      const filters = set.filters.length;
      const { issued } = scheduleSlots(setSlots(loaded, set, rule.lanes), filters, rule);
      const rows = new Uint32Array(filters);
      issued.forEach((flag, i) => {
        rows[i % filters] += flag;
      });
      return rows;
    },
  };
}

let compiled: WebAssembly.Module | undefined;

function kernelScheduler(rule: ScheduleRule): RowScheduler {
  const { lanes, lookahead, connections, policy, decoupled } = rule;
  const slow = slowScheduler(rule);
  const memory = new WebAssembly.Memory({ initial: 1 });
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(rowSchedulerBase64), (character) => character.charCodeAt(0)));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const { layRows, scheduleRows } = exports as Record<string, WasmFunction>;
  const reserve = (bytes: number) => {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  };
  // Seven connections, one group of eight filters; then weights, order of taps, rows.
  const [groupAt, bitsAt] = [64, 128];
  new Uint32Array(memory.buffer, 0, 14).set(connectionWords(connections, lanes));
  const kind = 1 + tridents.indexOf(lanes === 16 ? connections.join(' ') : '');
  let loaded: FilterBits;
  let [tapsAt, rowsAt] = [bitsAt, bitsAt];
  return {
    load(bits) {
      loaded = bits;
      slow.load(bits);
      tapsAt = bitsAt + bits.words.byteLength + 4;
      rowsAt = tapsAt + 16 * Math.ceil(bits.taps.length / 4);
      reserve(rowsAt);
      const memoryWords = new Uint32Array(memory.buffer);
      memoryWords.set(bits.words, bitsAt / 4);
      memoryWords.set(bits.taps, tapsAt / 4);
    },
    issuedRows(set) {
      if (set.filters.length > widest.filters) return slow.issuedRows(set);
      const { filters, firstLanes } = set;
      const { wordsPerFilter, taps, perTap } = loaded;
      const rows = taps.length * Math.ceil(perTap / lanes);
      const blocks = Math.ceil(filters.length / 8);
      const stateAt = rowsAt + 16 * blocks * (rows + Math.max(0, ...connections.map(([ahead]) => ahead)));
      const issuedAt = stateAt + 16 * blocks + 16;
      const end = issuedAt + 32 * blocks;
      reserve(end);
      new Uint8Array(memory.buffer).fill(0, rowsAt + 16 * blocks * rows, end);
      const group = new Int32Array(memory.buffer, groupAt, 16);
      for (let block = 0; block < blocks; block++) {
        for (let i = 0; i < 8; i++) {
          const filter = filters[8 * block + i];
          group[2 * i] = filter === undefined ? -1 : filter * wordsPerFilter * 32;
          group[2 * i + 1] = firstLanes[8 * block + i] ?? 0;
        }
        layRows(bitsAt, groupAt, tapsAt, taps.length, perTap, lanes, rowsAt + 16 * block, 16 * blocks);
      }
      scheduleRows(
        ...[rowsAt, rows, blocks, 0, kind, lookahead, policies[policy], Number(decoupled), lanes],
        ...[stateAt, issuedAt],
      );
      return new Uint32Array(memory.buffer, issuedAt, filters.length).slice();
    },
  };
}

/** Rows ahead and lanes further of seven connections; what is missing looks no row ahead. */
function connectionWords(connections: ScheduleRule['connections'], lanes: number): number[] {
  return Array.from({ length: 7 }, (_, i) => connections[i] ?? [0, 0]).flatMap(([ahead, aside]) => [
    ahead,
    ringLane(aside, lanes),
  ]);
}
