import { arrayTraffic } from '../array-folds.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { arrayGemms } from '../dense-work.js';
import { transferCycles } from '../parts/double-buffer.js';
import { arrayTime, blockWidth, type Mapping, mappings } from './array-time.js';
import { type Form, uniformForm } from './forms.js';
import type { SatSpec } from './options.js';
import { overlapped } from './overlapped.js';

/** What a work takes in one form and mapping: the sums over its GEMMs. */
export type WorkTime = ReturnType<typeof timeWork>;

/** Which mapping a layer takes in a phase. */
export interface Schedule {
  /** The fastest mapping for operands that are dense, or N:M throughout. */
  best(nest: LoopNest, phase: GemmWork['phase'], sparse: 'none' | 'W' | 'E'): WorkTime;
}

/** The offline schedule: chosen once from the shapes, whatever the non-zeros of a step are. */
export function offlineSchedule(spec: SatSpec): Schedule {
  const known = new Map<string, WorkTime>();
  const candidates = mappings.filter(({ dataflow }) => spec.dataflow === 'best' || spec.dataflow === dataflow);
  return {
    best(nest, phase, sparse) {
      const key = JSON.stringify([nest, phase, sparse]);
      const chosen = known.get(key);
      if (chosen) return chosen;
      const form = uniformForm(sparse, nest, phase, spec);
      const best = fastest(candidates.map((mapping) => timeWork(nest, phase, form, mapping, spec)));
      known.set(key, best);
      return best;
    },
  };
}

/** The first of the fastest. */
export function fastest(times: readonly WorkTime[]): WorkTime {
  return times.reduce((best, other) => (other.cycles < best.cycles ? other : best));
}

/**
 * Time and traffic of a work. It is cut into as many pieces as the mapping has folds when all is dense, so that fewer slots never hide
 * less of the transfers.
 */
export function timeWork(nest: LoopNest, phase: GemmWork['phase'], form: Form, mapping: Mapping, spec: SatSpec) {
  const width = blockWidth(mapping, spec);
  const rows = mapping.dataflow === 'OS' && mapping.interleave === 'rows' ? spec.rows * spec.interleave : spec.rows;
  let [arrayCycles, pieces, executed, underfilled, accumulation, fill] = [0, 0, 0, 0, 0, 0];
  let [inputBytes, kernelBytes, outputBytes, largestInput, storedBytes] = [0, 0, 0, 0, 0];
  let [operandReads, sums, kernelBits] = [0, 0, 0];
  arrayGemms(nest, phase, spec, mapping.dataflow).forEach((gemm, i) => {
    const { m, n, k } = gemm;
    const slots = form.slots(i, width);
    const time = arrayTime({ m, n, slots }, mapping, spec);
    arrayCycles += time.cycles;
    executed += time.executed;
    underfilled += time.underfilled;
    accumulation += time.accumulation;
    fill += time.fill;
    pieces += arrayTime({ m, n, slots: slots.map(() => k) }, mapping, spec).folds;
    // Of the operand that is not compact, all M elements of a group come for its N slots.
    const isMap = form.sparse === 'E';
    operandReads += m * slots.length * (isMap ? slots[0] : k) + (isMap ? (time.kernelReads / slots[0]) * k : time.kernelReads);
    sums += time.sums;
    const bits = form.kernelBits(i);
    const stored = { ...gemm, k: Math.max(...slots), rows, cols: width, kernelBytes: Math.ceil(bits / 8) };
    const traffic = arrayTraffic(stored);
    inputBytes += traffic.inputBytes;
    kernelBytes += traffic.kernelBytes;
    outputBytes += traffic.outputBytes;
    largestInput = Math.max(largestInput, gemm.inputBytes);
    storedBytes += stored.kernelBytes + gemm.outputBytes;
    kernelBits += bits;
  });
  const isExposed = form.sparse === 'E' || (form.sparse === 'W' && !spec.preGeneration);
  const soreCycles = isExposed ? sorePass(form.soreGroups, spec) : 0;
  const computeCycles = soreCycles + arrayCycles;
  const bytes = inputBytes + kernelBytes + outputBytes;
  return {
    ...{ form, mapping, soreCycles, computeCycles, executed, underfilled, accumulation, fill, operandReads, sums },
    ...{ inputBytes, kernelBytes, outputBytes, bytes, kernelBits },
    bytesOnce: nest.groups * largestInput + storedBytes,
    cycles: overlapped(computeCycles, transferCycles(bytes, spec.dramBytesPerCycle), Math.max(1, pieces)), // no GEMM, no piece
  };
}

/** Cycles of the SORE: each lane takes a group, an element per cycle. */
export function sorePass(groups: number, { soreLanes, m }: Pick<SatSpec, 'soreLanes' | 'm'>): number {
  return Math.ceil(groups / soreLanes) * m;
}
