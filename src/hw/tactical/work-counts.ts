import type { GemmWork, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import { denseMacs } from '../loop-nest.js';
import { multiplyAction } from '../parts/multiply-action.js';
import { type Frame, totalWork } from '../parts/total-work.js';
import { evenBatch } from '../whole-batch.js';
import type { FilterLayer } from './filter-layers.js';
import type { RowArraySpec } from './options.js';
import type { RowSums } from './run-rows.js';
import { gemmTraffic, outputsOf, updateTraffic } from './traffic.js';

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
  // Sampled images stand in the batch as often as each other, which need not be a whole number of times; but where rows run along the
  // images, these are repeated in turn.
  const counted = work.phase === 'weightGradient' ? evenBatch(work) : work;
  const effectual = Math.round(effectualMacs(counted) * counted.imageScale);
  const outputs = layers.reduce((sum, layer) => sum + outputsOf(layer), 0);
  const execution = {
    cycles,
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
      registerAccess: 2 * executed * words + 2 * filterRows, // two operands of a product, partial sum in and out
      sramSmallAccess: slotReads * (words + selectBits / 32),
      sramLargeAccess: (fetched + outputs) * words,
      nocHop: fetched * words, // broadcast to the elements of a tile
      indexOp: selectBits > 0 ? executed : 0,
    },
    decisions,
  };
  return totalWork(work, execution, gemmTraffic(work, layers, sums.storedBytes, spec), frameOf(spec));
}

/**
 * The counts of a weight update: one multiply-add per weight of the pattern and one per slot, spread evenly over the multipliers.
 *
 * @param orderBytes of the weights in each order in which they leave.
 */
export function updateCounts(work: UpdateWork, orderBytes: readonly number[], spec: RowArraySpec): WorkCounts {
  const executed = effectualMacs(work);
  const cycles = Math.ceil(executed / unitsOf(spec));
  const execution = {
    cycles,
    folds: Math.max(1, cycles),
    macs: { dense: workMacs(work), effectual: executed, executed },
    idle: { underfilled: unitsOf(spec) * cycles - executed },
    actions: {
      [multiplyAction(spec.bytesPerValue)]: executed,
      addFp32: executed,
      registerAccess: (3 * executed * spec.bytesPerValue) / 4,
    },
    decisions: {},
  };
  return totalWork(work, execution, updateTraffic(work, orderBytes, spec), frameOf(spec));
}

/** Multipliers of an array. */
export function unitsOf({ tiles, filters, lanes, windows }: RowArraySpec): number {
  return tiles * filters * lanes * windows;
}

function frameOf(spec: RowArraySpec): Frame {
  const [units, { dramBytesPerCycle, clockGhz }] = [unitsOf(spec), spec];
  return { units, dramBytesPerCycle, buffer: 'sramLargeAccess', leak: (cycles) => (units * cycles) / clockGhz };
}
