import type { GemmWork, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import { multiplyAction } from './multiply-action.js';
import { type Execution, type Movement, totalWork } from './total-work.js';
import { updateMovement } from './update-movement.js';

/** What surrounds the units of an accelerator. */
export interface Surroundings {
  readonly units: number;
  readonly bytesPerValue: 1 | 2 | 4;
  readonly dramBytesPerCycle: number;
  readonly clockGhz: number;
}

const mostFolds = 1024; // more of them hide nothing more

/** The counts of a work whose multipliers take values of their width, and whose data pass a large memory on chip. */
export function countWork(
  work: GemmWork | UpdateWork,
  execution: Execution,
  movement: Movement,
  { units, bytesPerValue, dramBytesPerCycle, clockGhz }: Surroundings,
): WorkCounts {
  const { macs, actions } = execution;
  const folds = Math.max(1, Math.min(mostFolds, execution.folds));
  const multiplied = { ...actions, [multiplyAction(bytesPerValue)]: macs.executed, addFp32: macs.executed };
  const frame = {
    units,
    dramBytesPerCycle,
    buffer: 'sramLargeAccess',
    leak: (cycles: number) => (units * cycles) / clockGhz,
  } as const;
  return totalWork(work, { ...execution, folds, actions: multiplied }, movement, frame);
}

/**
 * The counts of a weight update: one multiply-add per weight and one per slot, spread evenly over the units.
 *
 * @param storedBytes of the weights as the next step reads them.
 */
export function countUpdate(work: UpdateWork, storedBytes: number, surroundings: Surroundings): WorkCounts {
  const executed = effectualMacs(work);
  const cycles = Math.ceil(executed / surroundings.units);
  const execution = {
    ...{ cycles, folds: cycles, decisions: {} },
    macs: { dense: workMacs(work), effectual: executed, executed },
    idle: { underfilled: surroundings.units * cycles - executed },
    actions: { registerAccess: (3 * executed * surroundings.bytesPerValue) / 4 },
  };
  return countWork(work, execution, updateMovement(work, storedBytes, surroundings.bytesPerValue), surroundings);
}
