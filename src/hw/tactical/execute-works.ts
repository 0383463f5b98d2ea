import type { GemmWork, PhaseWork, WorkCounts } from '../contracts.js';
import type { RowArraySpec } from './options.js';
import { updateCounts } from './work-counts.js';

/** A GEMM as it was run, and the size of its kernel operand as its rows are stored. */
export interface RowRun {
  readonly counts: WorkCounts;
  readonly storedBytes: number;
}

/**
 * Runs the works of a step. An update writes the weights in each order in which the GEMMs of its layer have read them, since the next
 * step's will: that of the forward pass and, where there is one, that of the input gradient (ledger section 4, 25).
 */
export function executeWorks(
  works: readonly PhaseWork[],
  run: (work: GemmWork) => RowRun,
  spec: RowArraySpec,
): readonly WorkCounts[] {
  const orders = new Map<string, Map<GemmWork['phase'], number>>();
  return works.map((work) => {
    const own = orders.get(work.layer) ?? new Map();
    orders.set(work.layer, own);
    if (work.kind === 'update') return updateCounts(work, [...own.values()], spec);
    const { counts, storedBytes } = run(work);
    if (work.kernel.role === 'W') own.set(work.phase, storedBytes);
    return counts;
  });
}
