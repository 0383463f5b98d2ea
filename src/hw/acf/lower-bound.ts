import type { WorkCounts } from '../contracts.js';
import type { Dataflow } from '../systolic.js';
import { growthOf, type PreparedGemm, type PreparedGemms, type PreparedOperand } from './gemm-execution.js';
import { addPartialSums, type LaneGeometry, longestRows } from './operand-stationary.js';
import type { AcfSpec } from './options.js';
import { type TileSums, tileSums } from './tile-sums.js';
import { gemmCounts } from './work-counts.js';

/**
 * Counts of a work that no run of it under the dataflow falls below, neither in cycles nor in any priced action: a dataflow whose bound
 * loses needs no run. Partial sums, and what of these spills, are exact; time is that of slots or memory alone; of the words, each fan-out
 * group shares as many as it can.
 */
export function lowerBound(prepared: PreparedGemms, dataflow: Dataflow, spec: AcfSpec): WorkCounts {
  const { rows, cols } = spec;
  const { work, effectual, gemms } = prepared;
  const sums = tileSums(spec, growthOf(work, dataflow), 0);
  sums.executed = effectual * work.imageScale;
  for (const gemm of gemms) {
    if (dataflow === 'OS') boundOutputs(gemm, sums);
    else if (dataflow === 'WS') boundLanes(gemm.kernel, gemm.input, { lanes: cols, depth: rows }, sums);
    else boundLanes(gemm.input, gemm.kernel, { lanes: rows, depth: cols }, sums);
  }
  sums.busyCycles = Math.floor(sums.executed / (rows * cols));
  sums.tiles = Number.MAX_SAFE_INTEGER; // the smaller the tiles, the less of the memory's time is exposed
  const counts = gemmCounts(prepared, dataflow, sums, spec);
  const cycles = Math.max(0, counts.cycles - 2); // first, last and hidden transfer are each rounded up: they may be one
  const leakUnitCycle = (counts.actions.leakUnitCycle * cycles) / Math.max(1, counts.cycles);
  return { ...counts, cycles, actions: { ...counts.actions, leakUnitCycle } };
}

function boundOutputs({ input, kernel, packed }: PreparedGemm, sums: TileSums): void {
  const { tiles, stretch } = sums.growth;
  sums.deliveries = 2 * sums.executed;
  if (packed) {
    for (const { length } of packed) sums.partialWrites += length;
    return;
  }
  sums.partialWrites += tiles * input.bits.rows * kernel.bits.rows;
  const words = sharedWords(input.counts, kernel.counts, sums) + sharedWords(kernel.counts, input.counts, sums);
  sums.words += tiles * stretch * words;
}

function boundLanes(
  stationary: PreparedOperand,
  streamed: PreparedOperand,
  { lanes, depth }: LaneGeometry,
  sums: TileSums,
): void {
  const { tiles, folds, stretch } = sums.growth;
  longestRows(stationary, lanes).forEach((most, tile) => {
    addPartialSums(sums, Math.min(lanes, stationary.bits.rows - tile * lanes), Math.ceil(most / depth), streamed.bits.rows);
  });
  sums.deliveries = sums.executed;
  sums.words += tiles * folds * stretch * sharedWords(streamed.counts, stationary.counts, sums);
}

/** Words sent when each fan-out group that takes one has all of its members take it. */
function sharedWords(sent: Uint32Array, takers: Uint32Array, { parameters }: TileSums): number {
  let words = 0;
  for (let k = 0; k < sent.length; k++) words += sent[k] * Math.ceil(takers[k] / parameters.fanOut);
  return words;
}
