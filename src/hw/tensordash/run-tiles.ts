import { countBits, popcount, sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { type GemmView, lowerGemm } from '../gemm-view.js';
import { drainCycles, lanes } from './drain-cycles.js';
import type { TensorDashSpec } from './options.js';
import { layStreams, type Staging, stagingOf } from './staged-rows.js';

/** What the tiles do for a work, over the images whose bits are present. */
export interface TileSums {
  /** Whose zeros are skipped. */
  readonly skipped: 'both' | 'input' | 'kernel';
  /** Of the tile that is done last. */
  cycles: number;
  /** Cycles of the other tiles behind their last output, added up. */
  waiting: number;
  /** Cycles of processing elements with an output, and of those without one. */
  elementCycles: number;
  emptyElementCycles: number;
  /** Products of a skipping operand's non-zeros; with `both` they are not counted here. */
  slots: number;
  /** Rows of 16 operands that are read from the buffers. */
  stagedRows: number;
  /** Blocks of outputs. */
  blocks: number;
}

/** Runs the GEMMs of a work, a block of outputs after the other: the tiles take them in turn and do not wait for each other. */
export function runTiles(work: GemmWork, spec: TensorDashSpec): TileSums {
  const skipped = spec.skip === 'both' ? 'both' : sparserSide(work);
  const sums: TileSums = {
    ...{ skipped, cycles: 0, waiting: 0, elementCycles: 0, emptyElementCycles: 0, slots: 0, stagedRows: 0, blocks: 0 },
  };
  const busy = new Array<number>(spec.tiles).fill(0);
  const deal = (cycles: number, rows: number, columns: number, staged: number) => {
    busy[sums.blocks++ % spec.tiles] += cycles;
    sums.elementCycles += cycles * rows * columns;
    sums.emptyElementCycles += cycles * (spec.tileRows * spec.tileCols - rows * columns);
    sums.stagedRows += staged * (rows + columns);
  };
  const [rows] = gemmSides(work);
  for (const view of lowerGemm(work)) {
    const staging = stagingOf(work, view);
    if (skipped === 'both') skipPairs(view, staging, spec, deal);
    else sums.slots += skipOneSide(view, staging, work[skipped] === rows, spec, deal);
  }
  sums.cycles = Math.max(...busy);
  sums.waiting = busy.reduce((waiting, cycles) => waiting + sums.cycles - cycles, 0);
  return sums;
}

type Deal = (cycles: number, rows: number, columns: number, stagedRows: number) => void;

/** The operand with the smaller share of non-zeros, the rows of the GEMM where they are alike. */
function sparserSide(work: GemmWork): 'input' | 'kernel' {
  const [rows, columns] = gemmSides(work);
  const [inRows, inColumns] = [rows, columns].map(({ nonzeros }) => countBits(nonzeros) / sizeOf(nonzeros.shape));
  return (inColumns < inRows ? columns : rows) === work.kernel ? 'kernel' : 'input';
}

/** Each element of a tile has an output of its own: input rows go along its rows, kernel rows along its columns. */
function skipPairs(view: GemmView, staging: Staging, { tileRows, tileCols }: TensorDashSpec, deal: Deal): void {
  const { m, n, wordsPerRow } = view;
  const length = (staging.rows + 2) * lanes;
  const masks = (count: number, elements: (i: number) => readonly number[]) =>
    Array.from({ length: count }, (_, i) => elements(i).reduce((mask, element) => mask | (1 << element), 0));
  const rowMasks = masks(tileRows, (row) => Array.from({ length: tileCols }, (_, col) => row * tileCols + col));
  const colMasks = masks(tileCols, (col) => Array.from({ length: tileRows }, (_, row) => row * tileCols + col));
  const kernelRows = view.kernelRows();
  const kernels = Array.from({ length: Math.ceil(n / tileCols) }, (_, block) => {
    const laid = new Int32Array(length);
    const first = block * tileCols;
    layStreams(kernelRows.subarray(first * wordsPerRow), wordsPerRow, colMasks.slice(0, n - first), staging, laid);
    return laid;
  });
  const inputs = new Int32Array(length);
  const slots = new Int32Array(length);
  const buffer = new Uint32Array(tileRows * wordsPerRow);
  for (let row = 0; row < m; row += tileRows) {
    const rows = Math.min(tileRows, m - row);
    inputs.fill(0);
    layStreams(view.rowBits(row, rows, buffer), wordsPerRow, rowMasks.slice(0, rows), staging, inputs);
    kernels.forEach((kernel, block) => {
      meet(inputs, kernel, slots);
      deal(drainCycles(slots, staging.rows), rows, Math.min(tileCols, n - block * tileCols), staging.rows);
    });
  }
}

/** The pairs of which neither operand is zero. */
function meet(inputs: Int32Array, kernels: Int32Array, slots: Int32Array): void {
  for (let slot = 0; slot < slots.length; slot++) slots[slot] = inputs[slot] & kernels[slot];
}

/**
 * The streams of the skipping operand go along the rows of a tile, so that the elements of a row share a schedule, and the blocks of
 * the other operand that meet them all take the same time.
 *
 * @param skipsRows whether it is the rows of the GEMM whose zeros are skipped, or the kernel rows.
 * @returns products of the non-zeros of that operand.
 */
function skipOneSide(
  view: GemmView,
  staging: Staging,
  skipsRows: boolean,
  { tileRows, tileCols }: TensorDashSpec,
  deal: Deal,
): number {
  const { m, n, wordsPerRow } = view;
  const [streams, others] = skipsRows ? [m, n] : [n, m];
  const slots = new Int32Array((staging.rows + 2) * lanes);
  const masks = Array.from({ length: tileRows }, (_, row) => 1 << row);
  const buffer = new Uint32Array(tileRows * wordsPerRow);
  let ones = 0;
  for (let first = 0; first < streams; first += tileRows) {
    const rows = Math.min(tileRows, streams - first);
    const words = skipsRows
      ? view.rowBits(first, rows, buffer)
      : view.kernelRows().subarray(first * wordsPerRow, (first + rows) * wordsPerRow);
    for (const word of words) ones += popcount(word);
    slots.fill(0);
    layStreams(words, wordsPerRow, masks.slice(0, rows), staging, slots);
    const cycles = drainCycles(slots, staging.rows);
    for (let other = 0; other < others; other += tileCols) deal(cycles, rows, Math.min(tileCols, others - other), staging.rows);
  }
  return ones * others;
}
