import { stealWork } from '../parts/balance/steal-work.js';
import { torus } from '../parts/interconnect/torus.js';
import type { DealtUnits } from './deal-units.js';
import type { BalancedSpec } from './options.js';
import type { PeLoad } from './share-units.js';

/** What the PEs do with what they were dealt; arrays are by PE. */
export interface PeSchedule {
  /** Slots of the multipliers that each list takes: its products, and where matching takes longer the empty ones that this leaves. */
  readonly slots: readonly number[];
  /** Slots by the PE that ran them, after stealing. */
  readonly executed: readonly number[];
  readonly batches: readonly number[];
  readonly communicationCycles: readonly number[];
  readonly finishCycles: readonly number[];
  /** Slots stolen within partitions and across them. */
  readonly stolenSame: number;
  readonly stolenOther: number;
  readonly steals: number;
}

/** Runs the lists of all PEs, with Procedure 2 if the spec says so. */
export function schedulePes({ loads, partitionOf }: DealtUnits, spec: BalancedSpec): PeSchedule {
  const slots = loads.map((load) => slotsOf(load, spec));
  if (!spec.stealing) {
    const batches = slots.map((count) => Math.ceil(count / spec.multipliers));
    return {
      ...{ slots, executed: slots, batches },
      communicationCycles: slots.map(() => 0),
      finishCycles: batches.map((count) => count * spec.multiplyInitiationInterval),
      ...{ stolenSame: 0, stolenOther: 0, steals: 0 },
    };
  }
  const { same, other, ...run } = stealWork(slots, {
    network: torus({ rows: spec.torusRows, cols: spec.torusCols, units: spec.pes }),
    partitionOf,
    multipliers: spec.multipliers,
    batchCycles: spec.multiplyInitiationInterval,
    multiplyCycles: spec.multiplyCycles,
  });
  return {
    ...{ slots, ...run },
    stolenSame: same.multiplications,
    stolenOther: other.multiplications,
    steals: same.steals + other.steals,
  };
}

/** Products, or the slots that pass while the M-ICU matches: batches leave every `multiplyInitiationInterval` cycles. */
function slotsOf({ products, rowPairs }: PeLoad, { multipliers, rowPairsPerCycle, multiplyInitiationInterval }: BalancedSpec) {
  const matching = Math.ceil(rowPairs / rowPairsPerCycle / multiplyInitiationInterval);
  return matching > Math.ceil(products / multipliers) ? matching * multipliers : products;
}
