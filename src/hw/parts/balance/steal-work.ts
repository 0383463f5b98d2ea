import { checkOptionNames } from '../../../check-options.js';
import { SparsityError } from '../../../errors.js';
import { checkChoice, checkCount, checkPositive } from '../checks.js';
import type { Torus } from '../interconnect/torus.js';

/** Options of {@link stealWork}; the costs are those of Table I of 001 for floating point. */
export interface StealOptions {
  /** Whose work a unit sees: its neighbours on the network. */
  readonly network: Pick<Torus, 'units' | 'neighbours'>;
  /** Partition of each unit: units of one partition share inputs and kernel. */
  readonly partitionOf: ArrayLike<number>;
  /** Multiplications of a batch. @default 16 */
  readonly multipliers?: number;
  /** Cycles from the start of a batch to that of the next. @default multiplyCycles */
  readonly batchCycles?: number;
  /**
   * Cycles of a multiplication, t: 10 for floating point, 7 for integers. With the communication it gives the least to steal.
   *
   * @default 10
   */
  readonly multiplyCycles?: number;
  /** Cycles of communication when both units share a partition: results come back. @default 8 */
  readonly sameCycles?: number;
  /** Cycles of communication when they do not: operands go out, results come back. @default 16 */
  readonly otherCycles?: number;
  /**
   * How much of the victim's remainder a steal takes. `half`: half of it in whole batches, or the minimum where that is more
   * (ledger section 4, 28). `minimum`: as few as pay, which takes many more steals.
   *
   * @default 'half'
   */
  readonly amount?: 'half' | 'minimum';
}

/** Steals of one kind. */
export interface Steals {
  readonly steals: number;
  readonly multiplications: number;
}

/** What each unit did under Procedure 2. `finishCycles[i] = batches[i] * batchCycles + communicationCycles[i]`. */
export interface StolenWork {
  /** Multiplications by the unit that executed them; their sum is the work's. */
  readonly executed: readonly number[];
  readonly batches: readonly number[];
  readonly communicationCycles: readonly number[];
  readonly finishCycles: readonly number[];
  /** Steals within a partition: one word per multiplication goes back. */
  readonly same: Steals;
  /** Steals across partitions: two words per multiplication go out and one comes back. */
  readonly other: Steals;
}

/**
 * Least number of multiplications that a neighbour finishes before the unit itself would: `floor(c / t) + 2`, the smallest n with
 * t + c < n t (001 Table I).
 *
 * @throws SparsityError when the cycles of a multiplication are not a positive integer, or those of communication not one of at least 0.
 * @example
 * ```ts
 * [minimumSteal(10, 8), minimumSteal(7, 8), minimumSteal(10, 16), minimumSteal(7, 16)]; // [2, 3, 3, 4]
 * ```
 */
export function minimumSteal(multiplyCycles: number, communicationCycles: number): number {
  checkPositive('cycles of a multiplication', multiplyCycles);
  checkCount('cycles of communication', communicationCycles);
  return Math.floor(communicationCycles / multiplyCycles) + 2;
}

/**
 * Procedure 2 of 001, work stealing (ledger 1.2.6). All units begin at cycle 0 with their own work, a batch at a time. One that
 * has finished takes work off its neighbour with the most multiplications that are not begun (ties: the lowest number), executes
 * it, and looks again. It stops for good when there is too little to take, or when the neighbour would be done earlier by itself.
 * Stolen work is not stolen again; units that finish in the same cycle act by ascending number.
 *
 * @param work multiplications of each unit.
 * @throws SparsityError when a work is not an integer of at least 0, or the units do not have a node and a partition each.
 * @example
 * ```ts
 * const {executed, finishCycles} = stealWork([960, 0], {network: torus({rows: 1, cols: 2}), partitionOf: [0, 0]});
 * executed; // [496, 464]
 * finishCycles; // [310, 298]: 600 and 0 without
 * ```
 */
export function stealWork(work: ArrayLike<number>, options: StealOptions): StolenWork {
  checkSteal(work, options);
  const { network, partitionOf, multipliers = 16, multiplyCycles = 10, batchCycles = multiplyCycles, amount = 'half' } = options;
  const { sameCycles = 8, otherCycles = 16 } = options;
  const units = work.length;
  const own = Array.from(work); // what a unit will have executed of its own work
  const taken = new Array<number>(units).fill(0);
  const takenBatches = new Array<number>(units).fill(0);
  const communicationCycles = new Array<number>(units).fill(0);
  const counts = { same: { steals: 0, multiplications: 0 }, other: { steals: 0, multiplications: 0 } };
  const waiting = new Set(own.keys());
  const batchesOf = (multiplications: number) => Math.ceil(multiplications / multipliers);
  const ownEnd = (unit: number) => batchesOf(own[unit]) * batchCycles;
  const end = (unit: number) => ownEnd(unit) + takenBatches[unit] * batchCycles + communicationCycles[unit];
  const remaining = (unit: number, cycle: number) => Math.max(0, own[unit] - (Math.floor(cycle / batchCycles) + 1) * multipliers);

  while (waiting.size > 0) {
    let thief = -1;
    for (const unit of waiting) if (thief < 0 || end(unit) < end(thief)) thief = unit;
    const now = end(thief);
    let victim = -1;
    for (const unit of network.neighbours(thief)) if (victim < 0 || remaining(unit, now) > remaining(victim, now)) victim = unit;
    const kind = partitionOf[victim] === partitionOf[thief] ? 'same' : 'other';
    const communication = kind === 'same' ? sameCycles : otherCycles;
    const least = minimumSteal(multiplyCycles, communication);
    const rest = victim < 0 ? 0 : remaining(victim, now);
    const wholeBatches = Math.floor(rest / 2 / multipliers) * multipliers;
    const stolen = amount === 'half' ? Math.max(least, wholeBatches) : least;
    if (stolen > rest || now + communication + batchesOf(stolen) * batchCycles > ownEnd(victim)) {
      waiting.delete(thief);
      continue;
    }
    own[victim] -= stolen;
    taken[thief] += stolen;
    takenBatches[thief] += batchesOf(stolen);
    communicationCycles[thief] += communication;
    counts[kind].steals++;
    counts[kind].multiplications += stolen;
  }
  return {
    executed: own.map((multiplications, unit) => multiplications + taken[unit]),
    batches: own.map((multiplications, unit) => batchesOf(multiplications) + takenBatches[unit]),
    communicationCycles,
    finishCycles: own.map((_, unit) => end(unit)),
    ...counts,
  };
}

const optionNames: Readonly<Record<keyof StealOptions, true>> = {
  ...{ network: true, partitionOf: true, multipliers: true, batchCycles: true, multiplyCycles: true },
  ...{ sameCycles: true, otherCycles: true, amount: true },
};

function checkSteal(work: ArrayLike<number>, options: StealOptions): void {
  checkOptionNames('stealWork', options, optionNames);
  checkChoice('amount of stealWork', options.amount ?? 'half', ['half', 'minimum']);
  for (const name of ['multipliers', 'batchCycles', 'multiplyCycles'] as const) checkPositive(name, options[name] ?? 1);
  for (const name of ['sameCycles', 'otherCycles'] as const) checkCount(name, options[name] ?? 0);
  for (let unit = 0; unit < work.length; unit++) checkCount(`multiplications of unit ${unit}`, work[unit]);
  for (const [what, got] of [
    ['units on the network', options.network?.units],
    ['units with a partition', options.partitionOf?.length],
  ] as const) {
    if (got === work.length) continue;
    const expected = `${work.length}, as many as units with work`;
    throw new SparsityError({ what, got, expected, fix: 'give work, place and partition of each unit' });
  }
}
