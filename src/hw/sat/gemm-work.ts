import type { GemmWork, Role, WorkCounts } from '../contracts.js';
import { effectualMacs } from '../effectual-macs.js';
import type { ActionName } from '../energy/actions.js';
import { gemmSides } from '../gemm-sides.js';
import { denseMacs } from '../loop-nest.js';
import { outputRole } from '../parts/gemm-movement.js';
import { multiplyAction } from '../parts/multiply-action.js';
import { sparseForms } from './forms.js';
import type { SatSpec } from './options.js';
import { fastest, type Schedule, timeWork, type WorkTime } from './schedule.js';

/** What a GEMM took, and how. */
export interface GemmExecution {
  readonly counts: WorkCounts;
  readonly time: WorkTime;
}

/**
 * A GEMM on the array, in the fastest of its forms: dense, or with an operand that is N:M throughout under that form's schedule, or with
 * weights that are so in part under the schedule of the dense form, which knows nothing of them.
 */
export function executeGemm(work: GemmWork, spec: SatSpec, schedule: Schedule): GemmExecution {
  const nest = { ...work.nest, batch: Math.round(work.nest.batch * work.imageScale) };
  const dense = schedule.best(nest, work.phase, 'none');
  const sparse = sparseForms(work, nest, spec).map((form) =>
    form.sparse === 'W' || form.sparse === 'E'
      ? schedule.best(nest, work.phase, form.sparse)
      : timeWork(nest, work.phase, form, dense.mapping, spec),
  );
  const time = fastest([...sparse, dense]);
  const effectual = Math.round(effectualMacs(work) * work.imageScale); // whole, so that unit-cycles add up exactly
  return { counts: countsOf(work, time, denseMacs(nest), effectual, spec), time };
}

function countsOf(work: GemmWork, time: WorkTime, dense: number, effectual: number, spec: SatSpec): WorkCounts {
  const units = spec.rows * spec.cols;
  const { cycles, computeCycles, executed, bytes, form, mapping } = time;
  const [rows, columns] = gemmSides(work);
  const dramBytes: Record<Role, number> = { W: 0, A: 0, E: 0, G: 0 };
  dramBytes[rows.role] += time.inputBytes;
  dramBytes[columns.role] += time.kernelBytes;
  dramBytes[outputRole(work)] += time.outputBytes;
  return {
    layer: work.layer,
    phase: work.phase,
    cycles,
    units,
    usefulUnitCycles: effectual,
    idleUnitCycles: {
      ineffectual: executed - effectual,
      underfilled: time.underfilled,
      accumulation: time.accumulation,
      fill: time.fill,
      reduction: units * time.soreCycles,
      memory: units * (cycles - computeCycles),
    },
    macs: { dense, effectual, executed },
    idealCycles: Math.max(effectual / units, time.bytesOnce / spec.dramBytesPerCycle),
    actions: actionsOf(time, units, spec),
    dramBytes,
    decisions: {
      dataflow: mapping.dataflow,
      ...(mapping.dataflow === 'OS' && { interleave: mapping.interleave }),
      sparse: form.sparse,
    },
  };

  function actionsOf({ operandReads, sums, soreCycles }: WorkTime, units: number, { n, m, clockGhz }: SatSpec) {
    const valueWords = spec.bytesPerValue / 4;
    const actions: Partial<Record<ActionName, number>> = {
      [multiplyAction(spec.bytesPerValue)]: executed,
      addFp32: executed,
      registerAccess: (2 * valueWords + 1) * executed, // two operands passed on, one sum
      // The place of a compact value selects its partner; the SORE compares an element with the N that it keeps.
      indexOp: (form.sparse === 'none' ? 0 : executed) + (soreCycles > 0 ? form.soreGroups * m * n : 0),
      sramLargeAccess: operandReads * valueWords + sums + bytes / 4, // what crosses the pins is also written to or read from a buffer
      dramByte: bytes,
      leakUnitCycle: (units * cycles) / clockGhz,
    };
    return actions;
  }
}
