import { sizeOf } from '../bits.js';
import type { UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import type { ActionName } from '../energy/actions.js';
import { transferCycles } from '../parts/double-buffer.js';
import type { SatSpec } from './options.js';
import { sorePass, type WorkTime } from './schedule.js';

/** Master weights, slots and the update itself are FP32 in any case. */
const masterBytes = 4;

/**
 * The update of a layer on the WUVE, which is dense: W and its slots come and go in FP32, G comes as it was computed. What the next step
 * multiplies goes out behind it: each N:M form that its forward pass and input gradient took, made by the SORE meanwhile, and the dense
 * weights where one of them took these.
 */
export function executeUpdate(work: UpdateWork, uses: readonly WorkTime[], spec: SatSpec): WorkCounts {
  const { soreLanes, wuveLanes, n, m, bytesPerValue, clockGhz, dramBytesPerCycle } = spec;
  const units = spec.rows * spec.cols;
  const elements = sizeOf(work.weights.nonzeros.shape);
  const generated = spec.preGeneration ? uses.filter(({ form }) => form.sparse === 'W' || form.sparse === 'part of W') : [];
  const readsDense = uses.length === 0 || generated.length < uses.length;
  const formBytes = generated.reduce((sum, { kernelBits }) => sum + Math.ceil(kernelBits / 8), 0);
  const dramBytes = {
    W: 2 * masterBytes * (1 + work.slots) * elements + (readsDense ? bytesPerValue * elements : 0) + formBytes,
    A: 0,
    E: 0,
    G: bytesPerValue * elements,
  };
  const bytes = dramBytes.W + dramBytes.G;
  const groups = generated.map(({ form }) => form.soreGroups);
  const soreCycles = groups.reduce((sum, count) => sum + sorePass(count, { soreLanes, m }), 0);
  const wuveCycles = Math.ceil(elements / wuveLanes);
  const computeCycles = Math.max(wuveCycles, soreCycles);
  const cycles = Math.max(computeCycles, transferCycles(bytes, dramBytesPerCycle));
  const macs = workMacs(work);
  const actions: Partial<Record<ActionName, number>> = {
    multiplyFp32: macs,
    addFp32: macs,
    registerAccess: 3 * macs,
    indexOp: groups.reduce((sum, count) => sum + count * m * n, 0),
    sramLargeAccess: (2 * bytes) / 4,
    dramByte: bytes,
    leakUnitCycle: (units * cycles) / clockGhz,
  };
  return {
    layer: work.layer,
    phase: work.phase,
    cycles,
    units,
    usefulUnitCycles: 0,
    idleUnitCycles: {
      update: units * wuveCycles,
      reduction: units * (computeCycles - wuveCycles),
      memory: units * (cycles - computeCycles),
    },
    macs: { dense: macs, effectual: effectualMacs(work), executed: macs },
    idealCycles: Math.max(elements / wuveLanes, bytes / dramBytesPerCycle),
    actions,
    dramBytes,
    decisions: {},
  };
}
