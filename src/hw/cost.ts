import { SparsityError } from '../errors.js';
import type { EnergyTable, MacCounts, Role, StepCounts, WorkCounts } from './contracts.js';
import { price } from './energy/price.js';

/** What works, layers, steps or runs cost on one accelerator. Costs add. */
export interface Cost {
  readonly cycles: number;
  readonly energyPj: number;
  readonly byComponentPj: Readonly<Record<string, number>>;
  readonly macs: MacCounts;
  readonly dramBytes: Readonly<Record<Role, number>>;
  readonly usefulUnitCycles: number;
  /** Unit-cycles lost, by cause; useful and idle add to units * cycles. */
  readonly idleUnitCycles: Readonly<Record<string, number>>;
  /** Units of the accelerator; 0 for nothing at all. */
  readonly units: number;
  readonly idealCycles: number;
}

/**
 * The cost of nothing: what sums start from.
 *
 * @example
 * ```ts
 * emptyCost().cycles; // 0
 * ```
 */
export function emptyCost(): Cost {
  return {
    cycles: 0,
    energyPj: 0,
    byComponentPj: {},
    macs: { dense: 0, effectual: 0, executed: 0 },
    dramBytes: { W: 0, A: 0, E: 0, G: 0 },
    usefulUnitCycles: 0,
    idleUnitCycles: {},
    units: 0,
    idealCycles: 0,
  };
}

/**
 * The cost of one work or of a whole step, its energy by a table.
 *
 * @throws SparsityError when the table does not price an action.
 * @example
 * ```ts
 * const array = denseArray();
 * costOf(array.start().executeStep([]), array.energyTable).cycles; // 0
 * ```
 */
export function costOf(counts: WorkCounts | StepCounts, table: EnergyTable): Cost {
  if ('works' in counts) return addCosts(...counts.works.map((work) => costOf(work, table)));
  const { totalPj, byComponentPj } = price(counts, table);
  const { cycles, macs, dramBytes, usefulUnitCycles, idleUnitCycles, units, idealCycles } = counts;
  return { cycles, energyPj: totalPj, byComponentPj, macs, dramBytes, usefulUnitCycles, idleUnitCycles, units, idealCycles };
}

/**
 * The sum of costs: associative, commutative, with {@link emptyCost} as zero.
 *
 * @throws SparsityError when the costs come from accelerators of different size.
 * @example
 * ```ts
 * const cost = {...emptyCost(), cycles: 3, units: 4, usefulUnitCycles: 12};
 * addCosts(cost, cost).cycles; // 6
 * ```
 */
export function addCosts(...costs: readonly Cost[]): Cost {
  return costs.reduce(add, emptyCost());
}

/**
 * A cost, `factor` times over: a sampled step that stands for several.
 *
 * @example
 * ```ts
 * scaleCost({...emptyCost(), cycles: 3}, 10).cycles; // 30
 * ```
 */
export function scaleCost(cost: Cost, factor: number): Cost {
  const scaled = <T extends Readonly<Record<string, number>>>(record: T): T =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, value * factor])) as T;
  return {
    cycles: cost.cycles * factor,
    energyPj: cost.energyPj * factor,
    byComponentPj: scaled(cost.byComponentPj),
    macs: scaled(cost.macs as MacCounts & Record<string, number>),
    dramBytes: scaled(cost.dramBytes),
    usefulUnitCycles: cost.usefulUnitCycles * factor,
    idleUnitCycles: scaled(cost.idleUnitCycles),
    units: cost.units,
    idealCycles: cost.idealCycles * factor,
  };
}

function add(a: Cost, b: Cost): Cost {
  if (a.units !== b.units && a.units !== 0 && b.units !== 0) {
    throw new SparsityError({
      what: 'costs to add',
      got: `${a.units} and ${b.units} units`,
      expected: 'costs of one accelerator',
      fix: 'add per accelerator and compare the sums',
    });
  }
  return {
    cycles: a.cycles + b.cycles,
    energyPj: a.energyPj + b.energyPj,
    byComponentPj: sum(a.byComponentPj, b.byComponentPj),
    macs: {
      dense: a.macs.dense + b.macs.dense,
      effectual: a.macs.effectual + b.macs.effectual,
      executed: a.macs.executed + b.macs.executed,
    },
    dramBytes: sum(a.dramBytes, b.dramBytes),
    usefulUnitCycles: a.usefulUnitCycles + b.usefulUnitCycles,
    idleUnitCycles: sum(a.idleUnitCycles, b.idleUnitCycles),
    units: Math.max(a.units, b.units),
    idealCycles: a.idealCycles + b.idealCycles,
  };
}

function sum<T extends Readonly<Record<string, number>>>(a: T, b: T): T {
  const total: Record<string, number> = { ...a };
  for (const [key, value] of Object.entries(b)) total[key] = (total[key] ?? 0) + value;
  return total as T;
}
