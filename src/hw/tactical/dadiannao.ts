import { checkSpec, tableOf } from '../check-spec.js';
import { statelessRun } from '../checked-run.js';
import type { Accelerator, GemmWork } from '../contracts.js';
import type { OwnResources } from '../registry.js';
import { executeWorks, type RowRun } from './execute-works.js';
import { type FilterLayer, filterLayers } from './filter-layers.js';
import { type DadiannaoOptions, dadiannaoSchema, type RowArraySpec } from './options.js';
import { tileArray } from './row-array.js';
import { runRows } from './run-rows.js';
import { gemmCounts, unitsOf } from './work-counts.js';

/**
 * DaDianNao++, the dense baseline of 003: tiles of processing elements that hold a filter each and take 16 of its channels per cycle, with
 * the activations of one window broadcast to all of a tile (ledger 1.4.1).
 *
 *     cycles = ceil(K / (tiles * filters)) * taps * ceil(C / lanes) * windows of the batch
 *
 * Channels that do not fill the lanes are padding. Of a depthwise layer each filter uses one lane of its own: 1/16 of the multipliers.
 * Groups of channels go one after another: tiles share activations, so that a group with fewer filters than the tiles hold leaves some idle.
 * In the weight gradient the channels of E are the filters, rows run along its pixels, and a window is a tap of an input channel.
 *
 * Multiplier-cycles are lost to `ineffectual` (a zero operand, or the border of a map), `unfilled` (slots of a row without a weight),
 * `imbalance` (none here), `underfilled` (no filter, tile or window left) and `memory`.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = denseNest({batch: 1, inFeatures: 64, outFeatures: 64});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'fc', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: operand('A', [1, 64]), kernel: operand('W', [64, 64]), imageScale: 1,
 * };
 * dadiannao({dramBytesPerCycle: 1e6}).start().executeStep([work]).works[0].cycles; // 6: four rows, a cycle to load and one to store
 * ```
 */
export function dadiannao(options: DadiannaoOptions = {}): Accelerator {
  return build(checkSpec(dadiannaoSchema, options, 'dadiannao'));
}

/** How specs of kind `dadiannao` are checked and built. */
export const dadiannaoKind = { schema: dadiannaoSchema, build, resources: rowArrayResources };

/** The resources of an array: its multipliers, and both memories. */
export function rowArrayResources(spec: RowArraySpec): OwnResources {
  const { activationMemoryKb, weightMemoryKb, bytesPerValue } = spec;
  return { units: unitsOf(spec), sramKb: activationMemoryKb + weightMemoryKb, valueBits: 8 * bytesPerValue };
}

function build(spec: RowArraySpec): Accelerator {
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start: () =>
      statelessRun((works) => executeWorks(works, (work) => executeInOrder(work, filterLayers(work, spec), spec), spec)),
  };
}

/** A GEMM without a front end: every row is issued. */
export function executeInOrder(
  work: GemmWork,
  layers: readonly FilterLayer[],
  spec: RowArraySpec,
  decisions: Readonly<Record<string, string>> = {},
): RowRun {
  const compressed = work.kernel.role === 'W'; // what is made at run time comes as it is
  const coding = { valueBits: 8 * spec.bytesPerValue, selectBits: 0, advanceBits: 0, decoupled: false, compressed };
  const sums = runRows(layers, tileArray(spec), { windows: spec.windows, skipsZeros: false, coding });
  return { counts: gemmCounts(work, layers, sums, { selectBits: 0, decisions }, spec), storedBytes: sums.storedBytes };
}
