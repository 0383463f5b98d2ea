import { countBits, sizeOf } from '../bits.js';
import { checkSpec, tableOf } from '../check-spec.js';
import { statelessRun } from '../checked-run.js';
import type { Accelerator, GemmWork, Operand, PhaseWork, WorkCounts } from '../contracts.js';
import { effectualMacs } from '../effectual-macs.js';
import { denseMacs } from '../loop-nest.js';
import { nestPhase } from '../nest-axes.js';
import { bufferBytes } from '../parts/buffered-options.js';
import { countUpdate, countWork } from '../parts/count-work.js';
import { bitmapBits } from '../parts/formats/bitmap.js';
import { gemmMovement, outputElements } from '../parts/gemm-movement.js';
import type { OwnResources } from '../registry.js';
import { evenBatch, wholeBatch } from '../whole-batch.js';
import { lanes } from './drain-cycles.js';
import { type TensorDashOptions, type TensorDashSpec, tensorDashSchema } from './options.js';
import { runTiles } from './run-tiles.js';

/**
 * TensorDash: tiles of processing elements (PE) of 16 multipliers, before each of which two multiplexers of eight inputs bring pairs of
 * operands forward in time, chosen by a scheduler in hardware while the training runs (ledger 1.5).
 *
 * A reduction passes a PE in rows of 16 pairs: forward and back the channels under a tap, 16 at a time, in a weight gradient 16 pixels
 * at a time. Three rows are staged. In a cycle each multiplier takes the pair (0, lane) of the first row, if it is effectual; a free one
 * takes the first effectual pair of
 *
 *     (+1, lane), (+2, lane), (+1, lane - 1), (+1, lane + 1), (+2, lane - 2), (+2, lane + 2), (+1, lane - 3)
 *
 * rows ahead and lanes on a ring of 16. Multipliers choose in six levels, lanes {0, 5, 10}, {1, 6, 11} ... {15}: those of a level reach no
 * pair in common. All PEs of a tile move on together, past the one to three leading rows in which none has a pair left; so the first
 * row is always done, and a block of outputs takes between a third of its rows and all of them, in cycles:
 *
 *     block(rows) = smallest number of such cycles;  ceil(rows / 3) <= block <= rows
 *     work = max over tiles of the sum of their blocks
 *
 * - **`skip: 'both'`**: a pair is effectual if neither operand is zero. Input rows go along the rows of a tile, kernel rows along its
 *   columns, each PE has an output and a schedule of its own.
 * - **`skip: 'oneSide'`**, the tile as published: effectual is what is not zero in the sparser operand of the work (A or W forward, E or
 *   W back, A or E in the weight gradient), whose streams go along the rows of the tile; the PEs of a row share a schedule.
 *
 * Tiles take blocks of `tileRows` x `tileCols` outputs in turn and do not wait for each other. All outputs of a weight gradient are made,
 * wanted or not. Off chip operands have a bit map and their non-zeros, outputs leave dense (from memory of the paper: the baseline has the
 * same compression).
 *
 * What flatters the design: a reduction that is cut, as its operands overflow the buffers, takes no more cycles than a whole one.
 *
 * Unit-cycles are lost to `ineffectual` products (the other operand is zero, or the output not wanted), `lanes` (multipliers that no pair
 * can reach, or whose PE waits for the tile), `underfilled` (PEs without an output), `imbalance` (tiles that are done) and `memory`.
 *
 * Sampled images repeat until the real batch is full, where they are too few to fill the tiles. In a weight gradient of few images blocks
 * are short, and more often at their end, than those of the batch: a quarter of eight tells some 5 % too many cycles.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = denseNest({batch: 4, inFeatures: 96, outFeatures: 4});
 * const operand = (role: 'A' | 'W', density: number, shape: number[]) => ({
 *   role, source: 'fc', nonzeros: bernoulliBits(shape, density, createRng(1)),
 * });
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, imageScale: 1, input: operand('A', 0, [4, 96]), kernel: operand('W', 1, [96, 4]),
 * };
 * const [{cycles, idleUnitCycles, units}] = tensorDash().start().executeStep([work]).works;
 * cycles - idleUnitCycles.memory / units; // 2: six rows, three at a time
 * ```
 */
export function tensorDash(options: TensorDashOptions = {}): Accelerator {
  return build(checkSpec(tensorDashSchema, options, 'tensorDash'));
}

/** How specs of kind `tensorDash` are checked and built. */
export const tensorDashKind = { schema: tensorDashSchema, build, resources };

function resources(spec: TensorDashSpec): OwnResources {
  return { units: unitsOf(spec), sramKb: spec.sramKb, valueBits: 8 * spec.bytesPerValue };
}

function unitsOf({ tiles, tileRows, tileCols }: TensorDashSpec): number {
  return tiles * tileRows * tileCols * lanes;
}

function build(spec: TensorDashSpec): Accelerator {
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start: () => statelessRun((works) => works.map((work) => execute(work, spec))),
  };
}

function execute(work: PhaseWork, spec: TensorDashSpec): WorkCounts {
  if (work.kind === 'gemm') return gemmCounts(fillBatch(work, spec), spec);
  return countUpdate(work, storedBytes(work.weights, 1, spec), { ...spec, units: unitsOf(spec) });
}

/** A few input rows leave tiles part empty that the batch would fill, and a few pixels the lanes of a weight gradient. */
function fillBatch(work: GemmWork, { tiles, tileRows }: TensorDashSpec): GemmWork {
  const { nest, imageScale, phase } = work;
  const pixels = nest.batch * sizeOf(nestPhase(nest, phase) === 'inputGradient' ? nest.inSize : nest.outSize);
  return imageScale === 1 || pixels >= 8 * Math.max(tiles * tileRows, lanes) ? evenBatch(work) : wholeBatch(work);
}

function gemmCounts(work: GemmWork, spec: TensorDashSpec): WorkCounts {
  const { imageScale: scale } = work;
  const sums = runTiles(work, spec);
  const effectual = effectualMacs(work) * scale;
  const executed = (sums.skipped === 'both' ? madeMacs(work) : sums.slots) * scale;
  const elements = spec.tileRows * spec.tileCols;
  const valueWords = spec.bytesPerValue / 4;
  const stagedWords = sums.stagedRows * lanes * scale;
  const outputs = outputElements(work);
  const execution = {
    cycles: sums.cycles * scale,
    folds: Math.ceil((sums.blocks * scale) / spec.tiles),
    macs: { dense: denseMacs(work.nest) * scale, effectual, executed },
    idle: {
      ineffectual: executed - effectual,
      lanes: sums.elementCycles * lanes * scale - executed,
      underfilled: sums.emptyElementCycles * lanes * scale,
      imbalance: sums.waiting * elements * lanes * scale,
    },
    actions: {
      // Operands are staged and taken; a PE adds the sum of its products to an accumulator in each cycle.
      registerAccess: (stagedWords + 2 * executed) * valueWords + 2 * sums.elementCycles * scale,
      sramLargeAccess: (stagedWords + outputs) * valueWords,
      zeroDetect: stagedWords,
      indexOp: executed, // the select signals of a pair
    },
    decisions: { skipped: sums.skipped },
  };
  const stored = (operand: Operand) => storedBytes(operand, operand.role === 'W' ? 1 : scale, spec);
  const bytes = { inputBytes: stored(work.input), kernelBytes: stored(work.kernel), outputBytes: outputs * spec.bytesPerValue };
  return countWork(work, execution, gemmMovement(work, bytes, bufferBytes(spec)), { ...spec, units: unitsOf(spec) });
}

/** Effectual multiply-accumulates of all outputs, wanted or not. */
function madeMacs(work: GemmWork): number {
  const { output, ...all } = work;
  return effectualMacs(output ? all : work);
}

function storedBytes({ nonzeros }: Operand, scale: number, { bytesPerValue }: TensorDashSpec): number {
  const bits = bitmapBits(countBits(nonzeros), sizeOf(nonzeros.shape), { valueBits: 8 * bytesPerValue, indexBits: 0 });
  return Math.ceil((bits * scale) / 8);
}
