import { tableOf } from '../check-spec.js';
import type { GemmWork, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import type { ActionName } from '../energy/actions.js';
import { multiplyAction } from '../parts/multiply-action.js';
import { type Movement, totalWork } from '../parts/total-work.js';
import type { FrameSpec } from './options.js';

/** What a design does for a work apart from moving data off chip. */
export interface Execution {
  readonly cycles: number;
  readonly effectual: number;
  /** Multiplier slots spent. */
  readonly executed: number;
  /** Slots in which both factors were there. */
  readonly multiplied: number;
  /** Unit-cycles lost while computing, by cause: with the effectual ones they are units * cycles. */
  readonly idle: Readonly<Record<string, number>>;
  readonly actions: Partial<Record<ActionName, number>>;
  readonly decisions: Readonly<Record<string, string>>;
}

/** Cycles that a transfer takes at least: operands arrive, and outputs leave, in parts of this size while others are computed. */
const foldCycles = 64;
const mostFolds = 1024;

/** The counts of a work: computation behind double buffers, and the actions of memory and power at rest. */
export function workCounts(work: GemmWork | UpdateWork, execution: Execution, traffic: Movement, frame: FrameSpec): WorkCounts {
  const { effectual, executed, multiplied } = execution;
  const units = frame.pes * frame.multipliers;
  const { dramBytesPerCycle } = frame;
  const dramByte = traffic.loadBytes + traffic.storeBytes;
  return totalWork(
    work,
    {
      ...execution,
      folds: Math.max(1, Math.min(mostFolds, Math.floor(dramByte / (foldCycles * dramBytesPerCycle)))),
      macs: { dense: workMacs(work) * (work.kind === 'gemm' ? work.imageScale : 1), effectual, executed },
      actions: { ...execution.actions, [multiplyAction((frame.valueBits / 8) as 1 | 2 | 4)]: multiplied, addFp32: multiplied },
    },
    traffic,
    {
      ...{ units, dramBytesPerCycle, buffer: 'sramLargeAccess' },
      leak: (cycles) => leakUnitCycles(cycles / frame.clockGhz, frame),
    },
  );
}

/** As many `leakUnitCycle` as cost the static power, which is printed in watt, in the table of the spec; none where they are free there. */
function leakUnitCycles(nanoseconds: number, { staticPowerW, energyTable }: FrameSpec): number {
  const { pj } = tableOf(energyTable).actions.leakUnitCycle ?? { pj: 0 };
  return pj > 0 ? (nanoseconds * staticPowerW * 1000) / pj : 0;
}

/** A weight update: one multiply-add per weight and one per slot, spread evenly over the multipliers; the same in all designs. */
export function updateCounts(work: UpdateWork, traffic: Movement, frame: FrameSpec): WorkCounts {
  const units = frame.pes * frame.multipliers;
  const effectual = effectualMacs(work);
  const interval = frame.multiplyInitiationInterval;
  const batches = Math.ceil(effectual / units);
  const valueWords = frame.valueBits / 32;
  const execution = {
    cycles: batches * interval,
    ...{ effectual, executed: effectual, multiplied: effectual },
    idle: { underfilled: (units * batches - effectual) * interval, initiation: effectual * (interval - 1) },
    actions: { registerAccess: 4 * effectual * valueWords, sramSmallAccess: 3 * effectual * valueWords },
    decisions: {},
  };
  return workCounts(work, execution, traffic, frame);
}
