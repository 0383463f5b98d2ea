import { type ArrayGemm, arrayFolds, arrayTraffic } from './array-folds.js';
import { sizeOf } from './bits.js';
import type { GemmWork, LoopNest, PhaseWork, Role, UpdateWork, WorkCounts } from './contracts.js';
import type { DenseArraySpec } from './dense-array.js';
import { effectualMacs, workMacs } from './effectual-macs.js';
import type { ActionName } from './energy/actions.js';
import { gemmShapes } from './gemm-shapes.js';
import { gemmSides } from './gemm-sides.js';
import { denseMacs } from './loop-nest.js';
import { nestPhase } from './nest-axes.js';
import { doubleBuffered, type Fold } from './parts/double-buffer.js';
import { outputRole } from './parts/gemm-movement.js';
import { multiplyAction } from './parts/multiply-action.js';
import { type Dataflow, systolic } from './systolic.js';

/** What does not depend on the non-zeros, by nest and phase: it is the same in every step. */
export type DenseTimings = Map<string, DenseTiming>;

type DenseTiming = ReturnType<typeof runGemms>;

/** What the dense array does for one work. */
export function executeDenseWork(work: PhaseWork, spec: DenseArraySpec, timings: DenseTimings): WorkCounts {
  return work.kind === 'update' ? executeUpdate(work, spec) : executeGemm(work, spec, timings);
}

function executeGemm(work: GemmWork, spec: DenseArraySpec, timings: DenseTimings): WorkCounts {
  const units = spec.rows * spec.cols;
  const nest = { ...work.nest, batch: Math.round(work.nest.batch * work.imageScale) };
  const key = JSON.stringify([nest, work.phase]);
  const run = timings.get(key) ?? timeGemm(nest, work.phase, spec);
  timings.set(key, run);
  const dense = denseMacs(nest);
  const effectual = effectualMacs(work) * work.imageScale;
  const dramBytes: Record<Role, number> = { W: 0, A: 0, E: 0, G: 0 };
  const [rows, columns] = gemmSides(work);
  dramBytes[rows.role] += run.inputBytes;
  dramBytes[columns.role] += run.kernelBytes;
  dramBytes[outputRole(work)] += run.outputBytes;
  const bytes = run.inputBytes + run.kernelBytes + run.outputBytes;
  const valueWords = spec.bytesPerValue / 4;
  const actions: Partial<Record<ActionName, number>> = {
    [multiplyAction(spec.bytesPerValue)]: run.executed,
    addFp32: run.executed,
    registerAccess: (2 * valueWords + 1) * run.executed, // two operands passed on, one partial sum
    sramLargeAccess: run.sramAccesses * valueWords + bytes / 4, // what crosses the pins is also written to or read from a buffer
    dramByte: bytes,
    leakUnitCycle: (units * run.cycles) / spec.clockGhz,
  };
  return {
    layer: work.layer,
    phase: work.phase,
    cycles: run.cycles,
    units,
    usefulUnitCycles: effectual,
    idleUnitCycles: {
      ineffectual: dense - effectual,
      padding: run.executed - dense,
      underfilled: run.streamedUnitCycles - run.executed,
      fill: units * run.computeCycles - run.streamedUnitCycles,
      memory: units * (run.cycles - run.computeCycles),
    },
    macs: { dense, effectual, executed: run.executed },
    idealCycles: Math.max(effectual / units, run.bytesOnce / spec.dramBytesPerCycle),
    actions,
    dramBytes,
    decisions: { dataflow: run.dataflow },
  };
}

/** The run under the spec's dataflow, or under the fastest. */
function timeGemm(nest: LoopNest, phase: GemmWork['phase'], spec: DenseArraySpec): DenseTiming {
  const candidates: readonly Dataflow[] = spec.dataflow === 'best' ? ['WS', 'OS', 'IS'] : [spec.dataflow];
  const runs = candidates.map((dataflow) => runGemms(arrayGemms(nest, phase, spec, dataflow), nest.groups, spec));
  return runs.reduce((best, other) => (other.cycles < best.cycles ? other : best));
}

/** The GEMMs of a work on the array, one per group and class of pixels, with the bytes of their tensors. */
export function arrayGemms(
  nest: LoopNest,
  phase: GemmWork['phase'],
  spec: Pick<DenseArraySpec, 'rows' | 'cols' | 'sramKb' | 'bytesPerValue'>,
  dataflow: Dataflow,
): readonly ArrayGemm[] {
  const { rows, cols, bytesPerValue } = spec;
  const residentBytes = Math.floor((spec.sramKb * 1024) / 6);
  const mapElements = (size: readonly number[], channels: number) => (nest.batch * sizeOf(size) * channels) / nest.groups;
  const inputElements =
    nestPhase(nest, phase) === 'inputGradient'
      ? mapElements(nest.outSize, nest.outChannels)
      : mapElements(nest.inSize, nest.inChannels);
  return gemmShapes(nest, phase).flatMap(({ m, n, k, groups }, i) => {
    const inputBytes = Math.min(inputElements, m * k) * bytesPerValue; // a 1x1 kernel with a stride does not read all
    const resident = i > 0 && inputBytes * groups <= residentBytes; // left there by the class before
    const gemm: ArrayGemm = {
      ...{ m, n, k, rows, cols, dataflow, residentBytes },
      inputBytes: resident ? 0 : inputBytes,
      kernelBytes: k * n * bytesPerValue,
      outputBytes: m * n * bytesPerValue,
    };
    return new Array<ArrayGemm>(groups).fill(gemm);
  });
}

function runGemms(gemms: readonly ArrayGemm[], groups: number, spec: DenseArraySpec) {
  let [inputBytes, kernelBytes, outputBytes] = [0, 0, 0];
  let [largestInput, tensorBytes] = [0, 0];
  let [computeCycles, executed, streamedUnitCycles, sramAccesses] = [0, 0, 0, 0];
  for (const gemm of gemms) {
    const { m, n, k } = gemm;
    const traffic = arrayTraffic(gemm);
    inputBytes += traffic.inputBytes;
    kernelBytes += traffic.kernelBytes;
    outputBytes += traffic.outputBytes;
    largestInput = Math.max(largestInput, gemm.inputBytes);
    tensorBytes += gemm.kernelBytes + gemm.outputBytes;
    const counts = systolic(gemm);
    computeCycles += counts.cycles;
    executed += m * n * k;
    streamedUnitCycles += counts.folds * counts.mapped.streamed * gemm.rows * gemm.cols;
    const partialSumReads = counts.sramOutputWrites - m * n;
    sramAccesses += counts.sramInputReads + counts.sramKernelReads + counts.sramOutputWrites + partialSumReads;
  }
  const cycles = doubleBuffered(allFolds(gemms), spec.dramBytesPerCycle);
  return {
    dataflow: gemms[0]?.dataflow ?? 'WS',
    ...{ cycles, computeCycles, executed, streamedUnitCycles, sramAccesses },
    ...{ inputBytes, kernelBytes, outputBytes },
    bytesOnce: groups * largestInput + tensorBytes,
  };
}

function* allFolds(gemms: readonly ArrayGemm[]): Generator<Fold> {
  for (const gemm of gemms) yield* arrayFolds(gemm);
}

/** Element-wise: W, G and the slots come in, W and the slots go out (slots count as W); one multiply-accumulate each. */
function executeUpdate(work: UpdateWork, spec: DenseArraySpec): WorkCounts {
  const units = spec.rows * spec.cols;
  const elements = sizeOf(work.weights.nonzeros.shape);
  const executed = workMacs(work);
  const effectual = effectualMacs(work);
  const computeCycles = Math.ceil(executed / units);
  const dramBytes = { W: elements * (2 + 2 * work.slots) * spec.bytesPerValue, A: 0, E: 0, G: elements * spec.bytesPerValue };
  const bytes = dramBytes.W + dramBytes.G;
  const cycles = Math.max(computeCycles, Math.ceil(bytes / spec.dramBytesPerCycle));
  const actions: Partial<Record<ActionName, number>> = {
    [multiplyAction(spec.bytesPerValue)]: executed,
    addFp32: executed,
    registerAccess: (3 * executed * spec.bytesPerValue) / 4,
    sramLargeAccess: (2 * bytes) / 4,
    dramByte: bytes,
    leakUnitCycle: (units * cycles) / spec.clockGhz,
  };
  return {
    layer: work.layer,
    phase: work.phase,
    cycles,
    units,
    usefulUnitCycles: effectual,
    idleUnitCycles: {
      ineffectual: executed - effectual,
      underfilled: units * computeCycles - executed,
      memory: units * (cycles - computeCycles),
    },
    macs: { dense: executed, effectual, executed },
    idealCycles: Math.max(effectual / units, bytes / spec.dramBytesPerCycle),
    actions,
    dramBytes,
    decisions: {},
  };
}
