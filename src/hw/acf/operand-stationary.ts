import { foldRounds, roundNumbers } from '../../kernels/index.js';
import { type BitRows, columnCounts } from './bit-rows.js';
import type { PreparedOperand } from './gemm-execution.js';
import { addRound, addTile, switchLevels, type TileSums } from './tile-sums.js';

/** The array as a stationary dataflow sees it: WS has `cols` lanes of `rows` SPEs, IS `rows` lanes of `cols` SPEs. */
export interface LaneGeometry {
  readonly lanes: number;
  readonly depth: number;
}

/**
 * Weight- or input-stationary execution of one GEMM, fold by fold (the semantics are {@link acf}'s).
 *
 * @param stationary one row per lane: the reduction indices whose values it holds, in ascending order, `depth` at a time.
 * @param streamed the other operand: its vectors pass by the lanes, `queueDepth` per round.
 */
export function operandStationary(
  stationary: PreparedOperand,
  streamed: PreparedOperand,
  { lanes, depth }: LaneGeometry,
  sums: TileSums,
): void {
  const { injectors, fanOut, banks, queueDepth } = sums.parameters;
  const { growth, extents } = sums;
  const images = growth.tiles * growth.folds * growth.stretch;
  const latency = switchLevels(sums.parameters) + Math.ceil(Math.log2(depth));
  const longest = longestRows(stationary, lanes);
  const folds = longest.map((most) => Math.ceil(most / depth));
  folds.forEach((count, tile) => {
    const first = tile * lanes;
    const used = Math.min(lanes, stationary.bits.rows - first);
    for (let lane = 0; lane < used; lane++) {
      extents[lane] = Math.max(extents[lane], Math.min(depth, stationary.rowCounts[first + lane]));
    }
    addPartialSums(sums, used, count, streamed.bits.rows);
  });
  const vectors = vectorsOf(streamed.bits, queueDepth);
  const stream = { rounds: vectors.length, counts: streamedCounts(streamed, vectors) };
  foldRounds(stationary.bits, folds, stream, { lanes, depth, fanOut, banks }, (tile, fold, loaded, numbers) => {
    const used = Math.min(lanes, stationary.bits.rows - tile * lanes);
    const rectangle = used * Math.min(depth, longest[tile] - fold * depth);
    for (let round = 0, at = 0; round < vectors.length; round++, at += roundNumbers) {
      addRound(sums, numbers, at, { rectangle, laneSums: vectors[round], inputWidth: depth });
    }
    addTile(sums, Math.ceil(loaded / injectors) + latency);
    sums.words += growth.tiles * growth.folds * loaded;
    sums.deliveries += growth.tiles * growth.folds * loaded;
  });
  // A fold's time needs its longest SPE only; the slots of all folds together are known from the counts.
  const work = slotsOf(streamed.counts, stationary.counts, images);
  sums.executed += work;
  sums.imbalance -= work;
  sums.deliveries += work;
}

function slotsOf(streamed: Uint32Array, held: Uint32Array, images: number): number {
  let slots = 0;
  for (let k = 0; k < held.length; k++) slots += images * streamed[k] * held[k];
  return slots;
}

/** Most ones of a row, tile by tile of `lanes` rows. */
export function longestRows({ rowCounts }: PreparedOperand, lanes: number): number[] {
  return Array.from({ length: Math.ceil(rowCounts.length / lanes) }, (_, tile) => {
    let most = 0;
    for (const count of rowCounts.subarray(tile * lanes, (tile + 1) * lanes)) most = Math.max(most, count);
    return most;
  });
}

/** Partial sums of a tile of lanes: written by each fold, read back by all but the first, off chip where they do not fit. */
export function addPartialSums(sums: TileSums, lanes: number, folds: number, vectors: number): void {
  const { growth, parameters } = sums;
  const partials = lanes * vectors * growth.stretch;
  const again = Math.max(0, folds * growth.folds - 1);
  sums.partialWrites += growth.tiles * partials * folds * growth.folds;
  sums.partialReads += growth.tiles * partials * again;
  const overflow = Math.max(0, partials * parameters.bytesPerValue - residentBytes(parameters.sramKb));
  sums.spilledBytes += growth.tiles * 2 * again * overflow;
}

/** Bytes that each of inputs, kernels and outputs may keep on chip: half of a third, as the other half is being filled. */
export function residentBytes(sramKb: number): number {
  return Math.floor((sramKb * 1024) / 6);
}

/** Vectors of each round. */
function vectorsOf({ rows }: BitRows, depth: number): number[] {
  return Array.from({ length: Math.ceil(rows / depth) }, (_, round) => Math.min(depth, rows - round * depth));
}

/** Values of each round that meet a reduction index, [index][round]. */
function streamedCounts({ bits, counts: total }: PreparedOperand, vectors: readonly number[]): Uint32Array {
  const { cols, wordsPerRow, words } = bits;
  if (vectors.length === 1) return total;
  const counts = new Uint32Array(cols * vectors.length);
  let from = 0;
  vectors.forEach((rows, round) => {
    const end = from + rows * wordsPerRow;
    const ofRound = columnCounts({ rows, cols, wordsPerRow, words: words.subarray(from, end) });
    for (let k = 0; k < cols; k++) counts[k * vectors.length + round] = ofRound[k];
    from = end;
  });
  return counts;
}
