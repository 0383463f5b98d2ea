import { popcount } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { type GemmView, lowerGemm } from '../gemm-view.js';
import { foldLatency, type Sigma001Spec } from './sigma001.js';

/** A work on SIGMA with one operand in the multipliers. */
export interface FoldedWork {
  readonly stationary: 'kernel' | 'input';
  readonly folds: number;
  /** One per fold and vector. */
  readonly streamCycles: number;
  /** Multipliers that hold a value, added up over vectors. */
  readonly slots: number;
  readonly heldWords: number;
  /** Non-zeros that stream by, once per fold. */
  readonly streamedWords: number;
}

/** The folds of a work: with the kernel held, with the input held, or with the one that takes fewer cycles. */
export function stationaryFolds(work: GemmWork, spec: Sigma001Spec): FoldedWork {
  const views = lowerGemm(work).map((view) => ({ view, rowOnes: countRows(view), kernelOnes: countWords(view.kernelRows()) }));
  const gradient = work.phase === 'weightGradient';
  const [growRows, growDepth] = gradient ? [1, work.imageScale] : [work.imageScale, 1]; // the batch has more rows, or longer ones
  const kernels = fold(
    'kernel',
    views.map(({ view, rowOnes, kernelOnes }) => ({
      ...{ group: view.group, held: kernelOnes * growDepth },
      ...{ vectors: view.m * growRows, streamed: rowOnes * work.imageScale },
    })),
    spec,
  );
  const inputs = fold(
    'input',
    views.map(({ view, rowOnes, kernelOnes }) => ({
      ...{ group: view.group, held: rowOnes * work.imageScale },
      ...{ vectors: view.n, streamed: kernelOnes * growDepth },
    })),
    spec,
  );
  if (spec.stationary !== 'best') return spec.stationary === 'kernel' ? kernels : inputs;
  const cycles = ({ streamCycles, folds }: FoldedWork) => streamCycles + folds * foldLatency(spec);
  return cycles(inputs) < cycles(kernels) ? inputs : kernels;
}

interface HeldGemm {
  readonly group: number;
  readonly held: number;
  readonly vectors: number;
  readonly streamed: number;
}

/** GEMMs of different groups fill folds together, Flex-DPE by Flex-DPE; those of one group (classes of a strided map) come in turn. */
function fold(
  stationary: 'kernel' | 'input',
  gemms: readonly HeldGemm[],
  { pes, multipliers, flexDpeSize }: Sigma001Spec,
): FoldedWork {
  const dpes = Math.max(1, Math.floor((pes * multipliers) / flexDpeSize));
  const sums = { folds: 0, streamCycles: 0, slots: 0, heldWords: 0, streamedWords: 0 };
  const groups = Math.max(0, ...gemms.map(({ group }) => group + 1));
  for (let first = 0; first < gemms.length; first += groups) {
    const turn = gemms.slice(first, first + groups);
    const needed = turn.reduce((sum, { held }) => sum + Math.ceil(held / flexDpeSize), 0);
    const folds = Math.ceil(needed / dpes);
    sums.folds += folds;
    sums.streamCycles += folds * turn[0].vectors;
    for (const { held, vectors, streamed } of turn) {
      sums.slots += held * vectors;
      sums.heldWords += held;
      sums.streamedWords += streamed * Math.ceil(held / (dpes * flexDpeSize));
    }
  }
  return { stationary, ...sums };
}

function countRows(view: GemmView): number {
  const block = Math.max(1, Math.floor(65_536 / view.wordsPerRow));
  const buffer = new Uint32Array(Math.min(block, view.m) * view.wordsPerRow);
  let ones = 0;
  for (let start = 0; start < view.m; start += block)
    ones += countWords(view.rowBits(start, Math.min(block, view.m - start), buffer));
  return ones;
}

function countWords(words: Uint32Array): number {
  let ones = 0;
  for (const word of words) ones += popcount(word);
  return ones;
}
