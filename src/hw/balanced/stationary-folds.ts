import { columnCounts } from '../acf/bit-rows.js';
import { popcount } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { type GemmView, lowerGemm } from '../gemm-view.js';
import { foldLatency, type Sigma001Spec } from './sigma001.js';

/** A work on SIGMA with one operand in the multipliers. */
export interface FoldedWork {
  readonly stationary: 'kernel' | 'input';
  readonly folds: number;
  /** Vectors that stream by, added up over folds: a batch of multiplications each. */
  readonly vectors: number;
  /** Multipliers that hold a value, added up over vectors. */
  readonly slots: number;
  /** Values that are loaded into multipliers. */
  readonly heldWords: number;
}

interface CountedView {
  readonly view: GemmView;
  readonly rowOnes: number;
  readonly kernelOnes: number;
}

/** The folds of a work, with the words that stream by: with the kernel held, the input held, or the one that takes fewer cycles. */
export function stationaryFolds(work: GemmWork, spec: Sigma001Spec): FoldedWork & { readonly streamedWords: number } {
  const views = lowerGemm(work).map((view): CountedView => {
    let rowOnes = 0;
    forEachBlock(view, (rows) => {
      rowOnes += countOnes(rows);
    });
    return { view, rowOnes, kernelOnes: countOnes(view.kernelRows()) };
  });
  // The real batch has more rows, or in a weight gradient longer ones.
  const [growRows, growDepth] = work.phase === 'weightGradient' ? [1, work.imageScale] : [work.imageScale, 1];
  const kernels = foldGemms('kernel', views, work.nest.groups, spec, ({ view, kernelOnes }) => ({
    held: kernelOnes * growDepth,
    vectors: view.m * growRows,
  }));
  const inputs = foldGemms('input', views, work.nest.groups, spec, ({ view, rowOnes }) => ({
    held: rowOnes * work.imageScale,
    vectors: view.n,
  }));
  const cycles = ({ vectors, folds }: FoldedWork) => vectors * spec.multiplyInitiationInterval + folds * foldLatency(spec);
  const fastest = cycles(inputs) < cycles(kernels) ? inputs : kernels;
  const chosen = spec.stationary === 'best' ? fastest : spec.stationary === 'kernel' ? kernels : inputs;
  return { ...chosen, streamedWords: streamedWords(views, chosen.stationary, work.nest.groups, spec) * work.imageScale };
}

/** GEMMs of different groups fill folds together, Flex-DPE by Flex-DPE; those of one group (classes of a strided map) come in turn. */
function foldGemms(
  stationary: FoldedWork['stationary'],
  views: readonly CountedView[],
  groups: number,
  spec: Sigma001Spec,
  gemmOf: (view: CountedView) => { readonly held: number; readonly vectors: number },
): FoldedWork {
  const sums = { folds: 0, vectors: 0, slots: 0, heldWords: 0 };
  for (let first = 0; first < views.length; first += groups) {
    const turn = views.slice(first, first + groups).map(gemmOf);
    const folds = Math.ceil(turn.reduce((sum, { held }) => sum + Math.ceil(held / spec.flexDpeSize), 0) / flexDpes(spec));
    sums.folds += folds;
    sums.vectors += folds * turn[0].vectors;
    for (const { held, vectors } of turn) {
      sums.slots += held * vectors;
      sums.heldWords += held;
    }
  }
  return { stationary, ...sums };
}

/** Non-zeros that stream by: those at a reduction index of which the fold holds a value of their group. */
function streamedWords(views: readonly CountedView[], stationary: FoldedWork['stationary'], groups: number, spec: Sigma001Spec) {
  let words = 0;
  let dpe = 0;
  views.forEach(({ view }, i) => {
    if (i % groups === 0) dpe = 0;
    const counts = streamCounts(view, stationary);
    const lastFold = new Int32Array(view.k).fill(-1);
    let held = 0;
    const hold = (rows: Uint32Array) => {
      for (let at = 0; at < rows.length; at++) {
        const first = (at % view.wordsPerRow) * 32;
        for (let rest = rows[at]; rest !== 0; rest &= rest - 1) {
          const k = first + 31 - Math.clz32(rest & -rest);
          const fold = Math.floor((dpe + Math.floor(held++ / spec.flexDpeSize)) / flexDpes(spec));
          if (lastFold[k] === fold) continue;
          lastFold[k] = fold;
          words += counts[k];
        }
      }
    };
    if (stationary === 'kernel') hold(view.kernelRows());
    else forEachBlock(view, hold);
    dpe += Math.ceil(held / spec.flexDpeSize);
  });
  return words;
}

/** Non-zeros of the operand that streams, per reduction index. */
function streamCounts(view: GemmView, stationary: FoldedWork['stationary']): Uint32Array {
  const { n, k: cols, wordsPerRow } = view;
  if (stationary === 'input') return columnCounts({ rows: n, cols, wordsPerRow, words: view.kernelRows() });
  const counts = new Uint32Array(cols);
  forEachBlock(view, (words, rows) => {
    columnCounts({ rows, cols, wordsPerRow, words }).forEach((count, k) => {
      counts[k] += count;
    });
  });
  return counts;
}

function flexDpes({ pes, multipliers, flexDpeSize }: Sigma001Spec): number {
  return Math.floor((pes * multipliers) / flexDpeSize);
}

/** The input rows of a view, some at a time. */
function forEachBlock(view: GemmView, visit: (words: Uint32Array, rows: number) => void): void {
  const block = Math.max(1, Math.min(view.m, Math.floor(65_536 / view.wordsPerRow)));
  const buffer = new Uint32Array(block * view.wordsPerRow);
  for (let start = 0; start < view.m; start += block) {
    const rows = Math.min(block, view.m - start);
    visit(view.rowBits(start, rows, buffer), rows);
  }
}

function countOnes(words: Uint32Array): number {
  let ones = 0;
  for (let at = 0; at < words.length; at++) ones += popcount(words[at]);
  return ones;
}
