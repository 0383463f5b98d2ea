import { checkSpec, tableOf } from '../check-spec.js';
import { statelessRun } from '../checked-run.js';
import type { Accelerator, PhaseWork, WorkCounts } from '../contracts.js';
import type { OwnResources } from '../registry.js';
import { executeGemm, type GemmExecution } from './gemm-work.js';
import { type SatOptions, type SatSpec, satSchema } from './options.js';
import { satAreas } from './sat-areas.js';
import { offlineSchedule, type Schedule } from './schedule.js';
import { executeUpdate } from './update-work.js';

/**
 * SAT, the sparse accelerator for training of 002: a systolic array of unified processing elements (USPE) that run dense or N:M GEMMs,
 * output or weight stationary, an engine that makes operands N:M (SORE) and one that updates weights (WUVE). Ledger 1.3.3.
 *
 * **What is N:M** is seen on the bit maps; no run declares it. A *group* is `m` consecutive channels under one tap, along the
 * reduction (input channels forward, output channels in the input gradient), or what is left of them. For W a group takes `n` slots in a
 * fold of the array if none of the columns that the array holds at once has more than `n` non-zeros there, else it runs dense. E in an
 * input gradient counts as N:M only if each of its groups is, as SDGP leaves it. A, products of activations and the weight gradient always
 * run dense.
 *
 *     WS   per block of columns: ceil(slots / rows) * (m + rows + cols - 2)
 *     OS   per fold of t outputs in turn: slots * max(t, addLatencyCycles) + rows + cols - 2 + t * rows
 *     work = max(compute, transfer) + ceil(min(compute, transfer) / dense folds)
 *
 * The **offline schedule** takes for each layer and phase the fastest of WS and OS, with tiles of rows or of columns in turn, from the
 * shapes alone: once for dense operands and once for such as are N:M throughout. W that is N:M in part runs under the dense one. So no GEMM
 * is ever slower than on the same array without N:M.
 *
 * The **SORE** takes `m` cycles per group and lane. With pre-generation it makes both forms of W behind the update, which hides it, and
 * they go out compact; without, W stays dense off chip and each phase waits for its SORE (`reduction`), as E always does. The **WUVE** is
 * dense; the array waits for it (`update`).
 *
 * Unit-cycles are lost to `ineffectual` (a zero factor, also of the border, or a slot that holds none), `underfilled`, `accumulation`
 * (fewer outputs in turn than the adder has stages), `fill` (skew and outputs that leave), `reduction`, `update` and `memory`.
 * Masked updates and wanted gradients save nothing. What flatters the design: under WS sums wait for no adder and the weights of a fold
 * come while the last one runs, and the SORE makes both forms of a weight from one read.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = denseNest({batch: 32, inFeatures: 8, outFeatures: 32});
 * const input = {role: 'A', source: 'fc', nonzeros: onesBits([32, 8])} as const;
 * const kernel = {role: 'W', source: 'fc', nonzeros: nmMask([8, 32], {n: 2, m: 8, axis: 0}, createRng(1))} as const;
 * const work: GemmWork = {kind: 'gemm', layer: 'fc', phase: 'forward', nest, input, kernel, imageScale: 1};
 * sat().start().executeStep([work]).works[0].macs.executed; // 2048: two slots of eight
 * ```
 */
export function sat(options: SatOptions = {}): Accelerator {
  return build(checkSpec(satSchema, options, 'sat'));
}

/** How specs of kind `sat` are checked and built. */
export const satKind = { schema: satSchema, build, resources, areas: satAreas };

function resources({ rows, cols, sramKb, bytesPerValue }: SatSpec): OwnResources {
  return { units: rows * cols, sramKb, valueBits: 8 * bytesPerValue };
}

function build(spec: SatSpec): Accelerator {
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start() {
      const schedule = offlineSchedule(spec);
      return statelessRun((works) => executeWorks(works, spec, schedule));
    },
  };
}

/** The GEMMs first: updates write the weights in the forms that these took. */
function executeWorks(works: readonly PhaseWork[], spec: SatSpec, schedule: Schedule): WorkCounts[] {
  const gemms = works.map((work) => (work.kind === 'gemm' ? executeGemm(work, spec, schedule) : undefined));
  return works.map((work, i) => {
    const gemm = gemms[i];
    if (gemm) return gemm.counts;
    return executeUpdate(work as Extract<PhaseWork, { kind: 'update' }>, weightUses(work.layer, gemms), spec);
  });
}

/** How the forward pass and the input gradient of a layer took its weights; of several uses in a step the first counts. */
function weightUses(layer: string, gemms: readonly (GemmExecution | undefined)[]) {
  return (['forward', 'inputGradient'] as const).flatMap((phase) => {
    const use = gemms.find((gemm) => gemm?.counts.layer === layer && gemm.counts.phase === phase);
    return use ? [use.time] : [];
  });
}
