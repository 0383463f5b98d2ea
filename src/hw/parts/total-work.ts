import type { GemmWork, MacCounts, Role, UpdateWork, WorkCounts } from '../contracts.js';
import type { ActionName } from '../energy/actions.js';
import { doubleBuffered, evenFolds } from './double-buffer.js';

/** Off-chip bytes of a work. */
export interface Movement {
  readonly loadBytes: number;
  readonly storeBytes: number;
  /** Bytes when each tensor moves once, as it is stored. */
  readonly bytesOnce: number;
  readonly byRole: Readonly<Record<Role, number>>;
}

/** What a work does apart from moving data off chip. */
export interface Execution {
  readonly cycles: number;
  /** Parts in which operands arrive and outputs leave, at least 1. */
  readonly folds: number;
  readonly macs: MacCounts;
  /** Useful unit-cycles. @default the effectual multiply-accumulates */
  readonly useful?: number;
  /** Unit-cycles lost while computing, by cause: with the useful ones they are units * cycles. */
  readonly idle: Readonly<Record<string, number>>;
  readonly actions: Partial<Record<ActionName, number>>;
  readonly decisions: Readonly<Record<string, string>>;
}

/** The units of an accelerator, and what memory and power at rest do to a work. */
export interface Frame {
  readonly units: number;
  readonly dramBytesPerCycle: number;
  /** The memory on chip that what crosses the pins is also written to or read from. */
  readonly buffer: 'sramLargeAccess' | 'sramSmallAccess';
  /** `leakUnitCycle` actions of so many cycles. */
  leak(cycles: number): number;
}

/** The counts of a work: computation behind double buffers, and the actions of memory and power at rest. */
export function totalWork(
  { layer, phase }: GemmWork | UpdateWork,
  { cycles: computeCycles, folds, macs, useful = macs.effectual, idle, actions, decisions }: Execution,
  { loadBytes, storeBytes, bytesOnce, byRole }: Movement,
  { units, dramBytesPerCycle, buffer, leak }: Frame,
): WorkCounts {
  const cycles = doubleBuffered(evenFolds({ computeCycles, loadBytes, storeBytes }, folds), dramBytesPerCycle);
  const dramByte = loadBytes + storeBytes;
  return {
    ...{ layer, phase, cycles, units },
    usefulUnitCycles: useful,
    idleUnitCycles: { ...idle, memory: units * (cycles - computeCycles) },
    macs,
    idealCycles: Math.max(macs.effectual / units, bytesOnce / dramBytesPerCycle),
    actions: { ...actions, [buffer]: (actions[buffer] ?? 0) + dramByte / 4, dramByte, leakUnitCycle: leak(cycles) },
    dramBytes: byRole,
    decisions,
  };
}
