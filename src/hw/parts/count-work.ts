import { countBits, sizeOf } from '../bits.js';
import type { GemmWork, MacCounts, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import type { ActionName } from '../energy/actions.js';
import { doubleBuffered, evenFolds } from './double-buffer.js';
import type { Movement } from './gemm-movement.js';
import { multiplyAction } from './multiply-action.js';

/** What surrounds the units of an accelerator. */
export interface Surroundings {
  readonly units: number;
  readonly bytesPerValue: 1 | 2 | 4;
  readonly dramBytesPerCycle: number;
  readonly clockGhz: number;
}

/** What a work does apart from moving data off chip. */
export interface Execution {
  readonly cycles: number;
  /** Parts in which operands arrive and outputs leave, at least 1. */
  readonly folds: number;
  readonly macs: MacCounts;
  /** Unit-cycles lost while computing, by cause: with the effectual ones they are units * cycles. */
  readonly idle: Readonly<Record<string, number>>;
  readonly actions: Partial<Record<ActionName, number>>;
  readonly decisions: Readonly<Record<string, string>>;
}

const mostFolds = 1024; // more of them hide nothing more

/** The counts of a work: computation behind double buffers; what crosses the pins is also written or read on chip. */
export function countWork(
  work: GemmWork | UpdateWork,
  execution: Execution,
  movement: Movement,
  { units, bytesPerValue, dramBytesPerCycle, clockGhz }: Surroundings,
): WorkCounts {
  const { macs, folds } = execution;
  const whole = { computeCycles: execution.cycles, loadBytes: movement.loadBytes, storeBytes: movement.storeBytes };
  const cycles = doubleBuffered(evenFolds(whole, Math.max(1, Math.min(mostFolds, folds))), dramBytesPerCycle);
  const dramByte = movement.loadBytes + movement.storeBytes;
  return {
    layer: work.layer,
    phase: work.phase,
    cycles,
    units,
    usefulUnitCycles: macs.effectual,
    idleUnitCycles: { ...execution.idle, memory: units * (cycles - execution.cycles) },
    macs,
    idealCycles: Math.max(macs.effectual / units, movement.bytesOnce / dramBytesPerCycle),
    actions: {
      ...execution.actions,
      [multiplyAction(bytesPerValue)]: macs.executed,
      addFp32: macs.executed,
      sramLargeAccess: (execution.actions.sramLargeAccess ?? 0) + dramByte / 4,
      dramByte,
      leakUnitCycle: (units * cycles) / clockGhz,
    },
    dramBytes: movement.byRole,
    decisions: execution.decisions,
  };
}

/**
 * The counts of a weight update: one multiply-add per weight and one per slot, spread evenly over the units. Weights, slots and gradients
 * come in, weights and slots go out; with a mask those of the pattern only. Weights that are zero without a mask have values elsewhere, in
 * a dense master: then both leave, the master and what the next step multiplies.
 *
 * @param storedBytes of the weights as the next step reads them.
 */
export function countUpdate(work: UpdateWork, storedBytes: number, surroundings: Surroundings): WorkCounts {
  const { weights, slots, masked } = work;
  const executed = effectualMacs(work);
  const cycles = Math.ceil(executed / surroundings.units);
  const [elements, nonzeros] = [sizeOf(weights.nonzeros.shape), countBits(weights.nonzeros)];
  const values = (masked ? nonzeros : elements) * surroundings.bytesPerValue;
  const read = values * slots + (masked ? storedBytes : values);
  const written = read + (!masked && nonzeros < elements ? storedBytes : 0);
  const movement = {
    loadBytes: read + values,
    storeBytes: written,
    bytesOnce: read + written + values,
    byRole: { W: read + written, A: 0, E: 0, G: values },
  };
  const execution = {
    ...{ cycles, folds: cycles, decisions: {} },
    macs: { dense: workMacs(work), effectual: executed, executed },
    idle: { underfilled: surroundings.units * cycles - executed },
    actions: { registerAccess: 3 * executed },
  };
  return countWork(work, execution, movement, surroundings);
}
