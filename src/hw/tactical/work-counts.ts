import type { GemmWork, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import type { ActionName } from '../energy/actions.js';
import { denseMacs } from '../loop-nest.js';
import { doubleBuffered, evenFolds } from '../parts/double-buffer.js';
import { multiplyAction } from '../parts/multiply-action.js';
import type { FilterLayer } from './filter-layers.js';
import type { RowArraySpec } from './options.js';
import type { RowSums } from './run-rows.js';
import { gemmTraffic, outputsOf, type Traffic, updateTraffic } from './traffic.js';

/** What the weights of a work carry, and how it was run. */
export interface Run {
  /** Bits beside each slot's value. */
  readonly selectBits: number;
  readonly decisions: Readonly<Record<string, string>>;
}

/** The counts of a GEMM work from what its rows took. */
export function gemmCounts(
  work: GemmWork,
  layers: readonly FilterLayer[],
  sums: RowSums,
  { selectBits, decisions }: Run,
  spec: RowArraySpec,
): WorkCounts {
  const units = unitsOf(spec);
  const words = spec.bytesPerValue / 4;
  const { cycles, executed, issuedSlots, waitingSlots, slotReads, filterRows, fetched } = sums;
  // Sampled images stand in the batch as often as each other, which need not be a whole number of times.
  const effectual = Math.round(effectualMacs(work) * work.imageScale);
  const outputs = layers.reduce((sum, layer) => sum + outputsOf(layer), 0);
  return workCounts(work, spec, gemmTraffic(work, layers, sums.storedBytes, spec), {
    computeCycles: cycles,
    folds: Math.max(1, sums.steps),
    macs: { dense: denseMacs(work.nest) * work.imageScale, effectual, executed },
    idle: {
      ineffectual: executed - effectual,
      unfilled: issuedSlots - executed,
      imbalance: waitingSlots,
      underfilled: units * cycles - issuedSlots - waitingSlots,
    },
    actions: {
      [multiplyAction(spec.bytesPerValue)]: executed,
      addFp32: executed,
      registerAccess: 2 * executed + 2 * filterRows, // two operands of a product, partial sum in and out
      sramSmallAccess: slotReads * (words + selectBits / 32),
      sramLargeAccess: (fetched + outputs) * words,
      nocHop: fetched * words, // broadcast to the elements of a tile
      indexOp: selectBits > 0 ? executed : 0,
    },
    decisions,
  });
}

/**
 * The counts of a weight update: one multiply-add per weight of the pattern and one per slot, spread evenly over the multipliers.
 *
 * @param orderBytes of the weights in each order in which they leave.
 */
export function updateCounts(work: UpdateWork, orderBytes: readonly number[], spec: RowArraySpec): WorkCounts {
  const executed = effectualMacs(work);
  const computeCycles = Math.ceil(executed / unitsOf(spec));
  return workCounts(work, spec, updateTraffic(work, orderBytes, spec), {
    computeCycles,
    folds: Math.max(1, computeCycles),
    macs: { dense: workMacs(work), effectual: executed, executed },
    idle: { underfilled: unitsOf(spec) * computeCycles - executed },
    actions: { [multiplyAction(spec.bytesPerValue)]: executed, addFp32: executed, registerAccess: 3 * executed },
    decisions: {},
  });
}

/** Multipliers of an array. */
export function unitsOf({ tiles, filters, lanes, windows }: RowArraySpec): number {
  return tiles * filters * lanes * windows;
}

interface Execution {
  readonly computeCycles: number;
  readonly folds: number;
  readonly macs: WorkCounts['macs'];
  readonly idle: Readonly<Record<string, number>>;
  readonly actions: Partial<Record<ActionName, number>>;
  readonly decisions: Readonly<Record<string, string>>;
}

function workCounts(work: GemmWork | UpdateWork, spec: RowArraySpec, traffic: Traffic, execution: Execution): WorkCounts {
  const { computeCycles, folds, macs } = execution;
  const units = unitsOf(spec);
  const bytes = traffic.readBytes + traffic.writtenBytes;
  const whole = { computeCycles, loadBytes: traffic.readBytes, storeBytes: traffic.writtenBytes };
  const cycles = doubleBuffered(evenFolds(whole, folds), spec.dramBytesPerCycle);
  const actions: Partial<Record<ActionName, number>> = {
    ...execution.actions,
    sramLargeAccess: (execution.actions.sramLargeAccess ?? 0) + bytes / 4, // what crosses the pins is also written or read on chip
    dramByte: bytes,
    leakUnitCycle: (units * cycles) / spec.clockGhz,
  };
  return {
    layer: work.layer,
    phase: work.phase,
    cycles,
    units,
    usefulUnitCycles: macs.effectual,
    idleUnitCycles: { ...execution.idle, memory: units * (cycles - computeCycles) },
    macs,
    idealCycles: Math.max(macs.effectual / units, traffic.bytesOnce / spec.dramBytesPerCycle),
    actions,
    dramBytes: traffic.byRole,
    decisions: execution.decisions,
  };
}
