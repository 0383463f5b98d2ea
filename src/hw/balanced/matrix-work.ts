import { copyBits, getBit, popcount, wordsFor } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { nestPhase } from '../nest-axes.js';
import { type KernelPlanes, kernelPlanes } from './kernel-rows.js';
import { featuresPerRow, type LineWork, linesOf } from './line-work.js';

/**
 * Units of a dense layer: a line is one image, its rows are pieces of {@link featuresPerRow} features, matched by AND with the piece of
 * the kernel. In the weight gradient unit (image, output) works where E is not zero, on the inputs whose gradient is wanted.
 */
export function matrixLineWork(work: GemmWork, multipliers: number): LineWork {
  const { nest, output } = work;
  const phase = nestPhase(nest, work.phase);
  const [rows, columns] = gemmSides(work);
  const gate = phase === 'weightGradient' ? columns.nonzeros : undefined;
  const wanted = phase === 'weightGradient' ? output?.nonzeros : work.kernel.nonzeros;
  const planes = wanted && kernelPlanes(nest, wanted.words, phase !== 'inputGradient');
  const kernels = phase === 'inputGradient' ? nest.inChannels : nest.outChannels;
  const features = phase === 'inputGradient' ? nest.outChannels : nest.inChannels;
  const units = () => new Uint32Array(kernels * nest.batch);
  const result = { ...linesOf(work, kernels), products: units(), rowPairs: units(), pairBatches: units() };
  const row = new Uint32Array(wordsFor(features));
  for (let image = 0; image < nest.batch; image++) {
    row.fill(0);
    copyBits(rows.nonzeros.words, image * features, row, 0, features);
    for (const word of row) result.covered[image] += popcount(word);
    result.coveredDense[image] = features;
    const all = planes ? undefined : matchRows(row, undefined, 0, multipliers);
    for (let kernel = 0; kernel < kernels; kernel++) {
      if (gate && !getBit(gate, image * kernels + kernel)) continue;
      const match = all ?? matchRows(row, planes, kernel, multipliers);
      const unit = kernel * nest.batch + image;
      result.products[unit] = match.products;
      result.rowPairs[unit] = match.pairs;
      result.pairBatches[unit] = match.batches;
    }
  }
  return result;
}

/** Piece by piece: common non-zeros, pieces that are empty on neither side, and batches. */
function matchRows(row: Uint32Array, planes: KernelPlanes | undefined, kernel: number, multipliers: number) {
  const wordsPerPiece = featuresPerRow / 32;
  const first = kernel * row.length;
  let [products, pairs, batches] = [0, 0, 0];
  for (let from = 0; from < row.length; from += wordsPerPiece) {
    const end = Math.min(row.length, from + wordsPerPiece);
    let [common, inRow, inKernel] = [0, 0, 0];
    for (let word = from; word < end; word++) {
      const other = planes ? planes.words[first + word] : 0xffffffff;
      inRow |= row[word];
      inKernel |= other;
      common += popcount(row[word] & other);
    }
    products += common;
    if (inRow === 0 || inKernel === 0) continue;
    pairs++;
    batches += Math.max(1, Math.ceil(common / multipliers));
  }
  return { products, pairs, batches };
}
