import type { GemmWork, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import type { ActionName } from '../energy/actions.js';
import { multiplyAction } from '../parts/multiply-action.js';
import { hasDenseMaster } from '../parts/update-movement.js';
import type { Dataflow } from '../systolic.js';
import type { Reconfiguration } from './configuration.js';
import type { PreparedGemms } from './gemm-execution.js';
import type { AcfSpec } from './options.js';
import type { StoredPattern } from './stored-pattern.js';
import { switchLevels, type TileSums } from './tile-sums.js';
import { gemmTraffic, memoryStall, type StoredWeights, type Traffic, updateTraffic, writtenElements } from './traffic.js';

/** What a work does apart from moving data off chip. */
interface Execution {
  readonly cycles: number;
  readonly tiles: number;
  readonly dense: number;
  readonly effectual: number;
  readonly executed: number;
  /** Unit-cycles lost while computing, by cause. */
  readonly idle: Readonly<Record<string, number>>;
  readonly actions: Partial<Record<ActionName, number>>;
  /** Words that the sparse memory controller writes. */
  readonly written: number;
  readonly decisions: Readonly<Record<string, string>>;
}

/** The counts of a GEMM work under one dataflow, before reconfiguration; tiles are those of the whole batch already. */
export function gemmCounts(
  { work, effectual, passes }: PreparedGemms,
  dataflow: Dataflow,
  sums: TileSums,
  spec: AcfSpec,
): WorkCounts {
  const scale = work.imageScale;
  const units = spec.rows * spec.cols;
  const gathers = spec.sparseMemoryController && spec.zeroDetection !== 'gate';
  const { executed, words } = sums;
  const partialSums = sums.partialWrites + sums.partialReads;
  const valueWords = spec.bytesPerValue / 4;
  const written = spec.sparseMemoryController ? writtenElements(work, spec) : 0;
  return workCounts(work, spec, gemmTraffic(work, dataflow, passes, sums.spilledBytes, spec), {
    cycles: sums.busyCycles + sums.fillCycles,
    tiles: sums.tiles,
    dense: workMacs(work) * scale,
    effectual: effectual * scale,
    executed,
    idle: {
      ineffectual: executed - effectual * scale,
      imbalance: sums.imbalance,
      underfilled: sums.underfilled,
      accumulators: sums.accumulators,
      multicast: sums.multicast,
      banks: sums.banks,
      fill: units * sums.fillCycles,
    },
    actions: {
      // An arriving word enters a queue, a slot reads two operands, a product reads and writes its sum.
      registerAccess: (sums.deliveries + 2 * executed) * valueWords + 2 * effectual * scale,
      sramLargeAccess: (words + partialSums) * valueWords,
      // A word goes down to its group and from there to each SPE that takes it, a product to the next adder, a sum up to the buffer.
      nocHop:
        (words * (switchLevels(spec) - 1) + sums.deliveries + partialSums * switchLevels(spec)) * valueWords +
        (dataflow === 'OS' ? 0 : effectual * scale),
      indexOp: (gathers ? words : 0) + written,
      zeroDetect: (gathers && spec.zeroDetection === 'skipBoth' ? 0 : executed) + (work.phase === 'weightGradient' ? 0 : written),
    },
    written,
    decisions: { dataflow },
  });
}

/**
 * The counts of a weight update: one multiply-add per weight and one per slot, spread evenly over the SPEs, and W stored anew where it must.
 */
export function updateCounts(
  work: UpdateWork,
  before: StoredPattern | undefined,
  after: StoredPattern,
  spec: AcfSpec,
): WorkCounts {
  const units = spec.rows * spec.cols;
  const dense = workMacs(work);
  const effectual = effectualMacs(work);
  const executed = spec.sparseMemoryController && spec.zeroDetection !== 'gate' ? effectual : dense;
  const cycles = Math.ceil(executed / units);
  const stored = storedWeights(work, before, after, spec);
  return workCounts(work, spec, updateTraffic(work, stored, spec), {
    cycles,
    tiles: cycles,
    dense,
    effectual,
    executed,
    idle: { ineffectual: executed - effectual, underfilled: units * cycles - executed },
    actions: {
      registerAccess: ((2 * executed + effectual) * spec.bytesPerValue) / 4,
      zeroDetect: executed,
      indexOp: stored.words,
    },
    written: 0,
    decisions: {},
  });
}

/**
 * W as the next step reads it. Beside a dense master the controller writes it at every update, by SparseWrite. Else in place, but where the
 * pattern is another than at the step before: UpdatePattern reads W as it was and writes what stays. Both take an index operation a word.
 */
function storedWeights(
  work: UpdateWork,
  before: StoredPattern | undefined,
  { bytes, checksum, nonzeros }: StoredPattern,
  spec: AcfSpec,
): StoredWeights & { readonly words: number } {
  if (spec.sparseMemoryController) {
    if (hasDenseMaster(work)) return { bytes, readBytes: 0, writtenBytes: bytes, words: nonzeros };
    if (before && before.checksum !== checksum) {
      return { bytes, readBytes: before.bytes, writtenBytes: bytes, words: before.nonzeros };
    }
  }
  return { bytes, readBytes: 0, writtenBytes: 0, words: 0 };
}

/** The counts with what the change of configuration before the work takes. */
export function withReconfiguration(work: WorkCounts, { switches, cycles }: Reconfiguration, spec: AcfSpec): WorkCounts {
  return {
    ...work,
    cycles: work.cycles + cycles,
    idleUnitCycles: { ...work.idleUnitCycles, reconfiguration: work.units * cycles },
    actions: {
      ...work.actions,
      switchConfig: switches,
      leakUnitCycle: work.actions.leakUnitCycle + (work.units * cycles) / spec.clockGhz,
    },
  };
}

function workCounts(work: GemmWork | UpdateWork, spec: AcfSpec, traffic: Traffic, execution: Execution): WorkCounts {
  const { dense, effectual, executed } = execution;
  const units = spec.rows * spec.cols;
  const stall = memoryStall(execution.cycles, traffic, execution.tiles, spec);
  const write = Math.max(0, Math.ceil(execution.written / spec.writeWords) - execution.cycles - stall);
  const cycles = execution.cycles + stall + write;
  const dramByte = traffic.inBytes + traffic.outBytes;
  const actions: Partial<Record<ActionName, number>> = {
    ...execution.actions,
    [multiplyAction(spec.bytesPerValue)]: effectual,
    addFp32: effectual,
    sramLargeAccess: (execution.actions.sramLargeAccess ?? 0) + dramByte / 4, // what crosses the pins is also written or read here
    dramByte,
    leakUnitCycle: (units * cycles) / spec.clockGhz,
  };
  return {
    layer: work.layer,
    phase: work.phase,
    cycles,
    units,
    usefulUnitCycles: effectual,
    idleUnitCycles: { ...execution.idle, memory: units * stall, write: units * write },
    macs: { dense, effectual, executed },
    idealCycles: Math.max(effectual / units, traffic.bytesOnce / spec.dramBytesPerCycle),
    actions,
    dramBytes: traffic.byRole,
    decisions: execution.decisions,
  };
}
