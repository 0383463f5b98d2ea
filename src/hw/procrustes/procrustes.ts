import { countBits, sizeOf } from '../bits.js';
import { checkSpec, tableOf } from '../check-spec.js';
import { statelessRun } from '../checked-run.js';
import type { Accelerator, BitTensor, GemmWork, Operand, PhaseWork, WorkCounts } from '../contracts.js';
import { effectualMacs } from '../effectual-macs.js';
import { denseMacs } from '../loop-nest.js';
import { nestPhase } from '../nest-axes.js';
import { bufferBytes } from '../parts/buffered-options.js';
import { countUpdate, countWork } from '../parts/count-work.js';
import { gemmMovement, outputElements } from '../parts/gemm-movement.js';
import type { OwnResources } from '../registry.js';
import { evenBatch } from '../whole-batch.js';
import { chipTiles } from './chip-tiles.js';
import { type ProcrustesOptions, type ProcrustesSpec, procrustesSchema } from './options.js';

/**
 * Procrustes: an array of processing elements (PE) of one multiplier that skip zero weights, kept in compressed blocks, with output
 * channels spread over its rows and the images of the batch over its columns (K,N; ledger 1.5).
 *
 * The weights come as chip tiles of `2 peRows` output channels by `tileWeights / 2` reduction indices (tap and input channel). A half tile
 * is one channel's share; each row of PEs holds two, which all the PEs of the row multiply, each for images of its own. With
 * `balance: 'halfTiles'` the densest half goes with the sparsest, the second densest with the second sparsest and so on; a barrier is
 * behind each chip tile:
 *
 *     work = sum over chip tiles of max over rows of (non-zeros of its two halves) * output pixels * ceil(images / peCols)
 *
 * In a product of two activations images share no kernel: there the rows of its input go over the columns, one image and head after another.
 *
 * In all three phases the skipping pattern is that of the weights: forward and back W, in a weight gradient the wanted gradients (all,
 * where the work does not say). Zeros of activations and errors are multiplied, and so is padding. Operands whose role is not W have no
 * compressed form here, nor are their zeros skipped.
 *
 * Of the training method (Dropback) this much: pruned weights are zero (initial weights that decay are so after their decay), and a
 * gradient that leaves the array is compared with the running estimate of the quantile that decides which weights are tracked, an
 * `indexOp` each, instead of sorting. That estimate itself costs nothing here.
 *
 * Off chip a block is a bit map, its non-zeros and a pointer of 32 bits per half tile; it is read in either order of channels at no
 * cost. Activations and errors are dense, wanted gradients leave as values.
 *
 * Unit-cycles are lost to `ineffectual` products (activation or error zero, or padding), `imbalance` (rows that wait for the fullest),
 * `underfilled` (columns without an image, or a row) and `memory`. What flatters the design: the partial sums of a chip tile stay on the chip.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = denseNest({batch: 32, inFeatures: 64, outFeatures: 64});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'fc', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: operand('A', [32, 64]), kernel: operand('W', [64, 64]), imageScale: 1,
 * };
 * const [{cycles, idleUnitCycles, units}] = procrustes().start().executeStep([work]).works;
 * cycles - idleUnitCycles.memory / units; // 128: two channels of 64 weights per row
 * ```
 */
export function procrustes(options: ProcrustesOptions = {}): Accelerator {
  return build(checkSpec(procrustesSchema, options, 'procrustes'));
}

/** How specs of kind `procrustes` are checked and built. */
export const procrustesKind = { schema: procrustesSchema, build, resources };

function resources({ peRows, peCols, sramKb, bytesPerValue }: ProcrustesSpec): OwnResources {
  return { units: peRows * peCols, sramKb, valueBits: 8 * bytesPerValue };
}

function build(spec: ProcrustesSpec): Accelerator {
  return {
    spec,
    energyTable: tableOf(spec.energyTable),
    start: () => statelessRun((works) => works.map((work) => execute(work, spec))),
  };
}

function execute(work: PhaseWork, spec: ProcrustesSpec): WorkCounts {
  if (work.kind === 'gemm') return gemmCounts(evenBatch(work), spec);
  const { shape } = work.weights.nonzeros;
  return countUpdate(work, blockBytes(work.weights.nonzeros, shape[shape.length - 1], spec), surroundings(spec));
}

function gemmCounts(work: GemmWork, spec: ProcrustesSpec): WorkCounts {
  const { nest, phase, imageScale, input, kernel, output } = work;
  const { peRows, peCols, bytesPerValue } = spec;
  const images = nest.batch * imageScale;
  const pixels = sizeOf(nest.outSize);
  const pattern = phase === 'weightGradient' ? output : kernel.role === 'W' ? kernel : undefined;
  const tiles = chipTiles(pattern?.nonzeros, nest, spec);
  // Columns share the weights: images, or the rows of A where each image has a kernel of its own.
  const [columns, windows] = kernel.role === 'A' ? [pixels, images] : [images, pixels];
  const rounds = Math.ceil(columns / peCols);
  const effectual = effectualMacs(work) * imageScale;
  const executed = tiles.nonzeros * pixels * images;
  const rowCycles = peRows * tiles.longest * windows;
  const words = bufferWords(work, tiles, pixels * images);
  const valueWords = bytesPerValue / 4;
  const wanted = output ? countBits(output.nonzeros) : outputElements(work);
  const execution = {
    cycles: tiles.longest * windows * rounds,
    folds: tiles.tiles * rounds,
    macs: { dense: denseMacs(nest) * imageScale, effectual, executed },
    idle: {
      ineffectual: executed - effectual,
      imbalance: rowCycles * columns - executed,
      underfilled: rowCycles * (peCols * rounds - columns),
    },
    actions: {
      registerAccess: (2 * valueWords + 2) * executed, // weight, operand, and a sum read and written
      sramLargeAccess: (words.source + words.sink + words.weights) * valueWords,
      // Along a row go weights, along a column what its PEs share: the operand, or the sums, on the side of the input channels.
      nocHop: (words.source * peRows + words.sink + words.weights * peCols) * valueWords,
      indexOp: executed + (phase === 'weightGradient' ? wanted : 0), // where a weight belongs, and the threshold of a gradient
    },
    decisions: { balance: spec.balance },
  };
  const stored = (operand: Operand): number => {
    if (operand.role === 'W') return blockBytes(operand.nonzeros, nest.outChannels, spec);
    return sizeOf(operand.nonzeros.shape) * bytesPerValue * imageScale;
  };
  const bytes = { inputBytes: stored(input), kernelBytes: stored(kernel), outputBytes: wanted * bytesPerValue };
  return countWork(work, execution, gemmMovement(work, bytes, bufferBytes(spec)), surroundings(spec));
}

/** Words to and from the global buffer: of the maps on the side of the input channels and of the output channels, and weights. */
function bufferWords(
  { nest, phase }: GemmWork,
  { nonzeros, reductions, filters }: ReturnType<typeof chipTiles>,
  windows: number,
) {
  const [sums, nestOf] = [2, nestPhase(nest, phase)]; // sums of one chip tile after another come and go
  return {
    source: reductions * windows * (nestOf === 'inputGradient' ? sums : 1),
    sink: filters * windows * (nestOf === 'forward' ? sums : 1),
    weights: nonzeros,
  };
}

function surroundings(spec: ProcrustesSpec) {
  return { ...spec, units: spec.peRows * spec.peCols };
}

/** Bytes of weights in compressed blocks, a half tile each. */
function blockBytes(pattern: BitTensor, outChannels: number, { tileWeights, bytesPerValue }: ProcrustesSpec): number {
  const elements = sizeOf(pattern.shape);
  const blocks = outChannels * Math.ceil(elements / outChannels / (tileWeights / 2));
  return countBits(pattern) * bytesPerValue + Math.ceil(elements / 8) + 4 * blocks;
}
