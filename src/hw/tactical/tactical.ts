import { checkSpec, tableOf } from '../check-spec.js';
import { statelessRun } from '../checked-run.js';
import type { Accelerator, GemmWork } from '../contracts.js';
import { executeInOrder, rowArrayResources } from './dadiannao.js';
import { executeWorks, type RowRun } from './execute-works.js';
import { type FilterLayer, filterLayers } from './filter-layers.js';
import { withFrontEnd } from './front-end.js';
import { connectionsOf, metadataBits, type TacticalOptions, type TacticalSpec, tacticalSchema } from './options.js';
import { type RowSynchronousArray, tileArray } from './row-array.js';
import { runRows } from './run-rows.js';
import { gemmCounts } from './work-counts.js';

/**
 * The front end of 003 (Bit-Tactical) before {@link dadiannao}: weights are moved in software, before the run, into empty slots of the rows
 * before their own, along the few connections of a multiplexer per multiplier, and empty rows are skipped (ledger 1.4; see
 * {@link scheduleWeights}).
 *
 * Zeros of the weights alone save time, in the forward pass and the input gradient, each with a schedule of its own. The weight
 * gradient has no weights among its operands and stays dense by default, as products of two activations do: with `s` zeros a step is at most
 * `3 / (2 max(1 - s, 1 / (h + 1)) + 1)` times as fast where channels fill the lanes, filters the tiles, and `h + 1` divides the rows R of
 * a filter. Lanes without a channel are room for weights of later rows, also without zeros, and an empty filter issues
 * `floor(R / (h + 1))` rows, as in the public simulator (the ledger has the ceiling).
 *
 * Where the sources of the slots cost more traffic than the schedule saves time, weights stay in order: no work is ever slower than on
 * {@link dadiannao}, and what was chosen stands in `decisions`.
 *
 * Multiplier-cycles are lost as there: `unfilled` are empty slots of issued rows, `imbalance` the wait for the slowest tile, or with
 * `synchronise: 'pe'` for the slowest processing element.
 *
 * What flatters the design: to schedule costs nothing, also after every update of the mask, and neither does reordering of filters.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * tactical({shape: 'T', lookahead: 1, lookaside: 6}).start().executeStep([]).works.length; // 0
 * tactical({shape: 'custom', lookahead: 2, connections: [[1, 0], [2, 0], [1, 1]]});
 * ```
 */
export function tactical(options: TacticalOptions = {}): Accelerator {
  return build(checkSpec(tacticalSchema, options, 'tactical'));
}

/** How specs of kind `tactical` are checked and built. */
export const tacticalKind = { schema: tacticalSchema, build, resources: rowArrayResources };

function build(spec: TacticalSpec): Accelerator {
  let array: RowSynchronousArray | undefined; // made at the first use
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start: () =>
      statelessRun((works) => {
        array ??= scheduledArray(spec);
        const scheduled = array;
        return executeWorks(works, (work) => execute(work, scheduled, spec), spec);
      }),
  };
}

/** The tiles of a spec behind its front end. */
export function scheduledArray(spec: TacticalSpec): RowSynchronousArray {
  return withFrontEnd(tileArray(spec), {
    lookahead: spec.lookahead,
    connections: connectionsOf(spec),
    policy: spec.policy,
    decoupled: spec.synchronise === 'pe',
    shuffle: spec.filterShuffling,
  });
}

function execute(work: GemmWork, array: RowSynchronousArray, spec: TacticalSpec): RowRun {
  const layers = filterLayers(work, spec);
  const inOrder = executeInOrder(work, layers, spec, { weights: 'in order' });
  if (!isScheduled(work, spec)) return inOrder;
  const scheduled = executeScheduled(work, scheduledLayers(work, layers, spec), array, spec);
  return inOrder.counts.cycles < scheduled.counts.cycles ? inOrder : scheduled;
}

/** Whether the operand along whose rows an array works can be scheduled in software: it is known before the run, or taken to be. */
export function isScheduled({ kernel, phase }: GemmWork, { weightGradient }: TacticalSpec): boolean {
  return kernel.role === 'W' || (phase === 'weightGradient' && weightGradient === 'errors');
}

/** The layers of a work with filters of the operand that can be scheduled: of E in a weight gradient, also of a transposed layer. */
export function scheduledLayers(work: GemmWork, layers: readonly FilterLayer[], spec: TacticalSpec): readonly FilterLayer[] {
  return layers.every(({ operand }) => operand === 'kernel') ? layers : filterLayers(work, spec, true);
}

function executeScheduled(
  work: GemmWork,
  layers: readonly FilterLayer[],
  array: RowSynchronousArray,
  spec: TacticalSpec,
): RowRun {
  const bits = metadataBits(spec);
  const decoupled = spec.synchronise === 'pe';
  const compressed = work.kernel.role === 'W';
  const coding = { valueBits: 8 * spec.bytesPerValue, ...bits, decoupled, compressed };
  const sums = runRows(layers, array, { windows: spec.windows, skipsZeros: true, coding });
  const counts = gemmCounts(work, layers, sums, { selectBits: bits.selectBits, decisions: { weights: 'scheduled' } }, spec);
  return { counts, storedBytes: sums.storedBytes };
}
