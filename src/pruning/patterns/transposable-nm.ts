import { checkChoice, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelInfo, Pattern } from '../contracts.js';
import { described } from '../described.js';
import { sizeFromShape } from '../size-from-shape.js';
import { bestRegularMask, type ScoreBlock } from './best-regular-mask.js';
import { checkKernel } from './check-kernel.js';
import { checkNm } from './nm.js';
import { runsAlong } from './runs.js';

/** Options of {@link transposableNm}. */
export interface TransposableNmOptions {
  /** N: how many stay in each row and in each column of a block at most, from 1 to `m`. */
  readonly n: number;
  /** M: a block is `m` inputs by `m` outputs. */
  readonly m: number;
  /**
   * `best`: of the masks with the most ones, the one of greatest sum of scores. `greedy`: the highest scores first where there is room,
   * which is faster and may leave rows with fewer than n.
   * @default 'best'
   */
  readonly search?: 'best' | 'greedy';
}

/**
 * Transposable N:M: one mask that is N:M along the input and the output axis at once, so that the forward pass and the input gradient
 * can use it both. In each block of `m` x `m`, at each position of the other axes, every row and column keeps `n` at most; blocks at the
 * edge are cut short. Depthwise kernels are cut along channels and multipliers. The density is the pattern's own; of the target
 * sparsity only this counts, that at 0 all weights stay. Hubara et al. 2021 (arXiv 2102.08124).
 *
 * @throws SparsityError for n outside 1 to m, an unknown search, scores that do not fit the shape or are NaN.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 2], inputAxis: 0, outputAxis: 1} as const;
 * transposableNm({n: 1, m: 2})(Float32Array.of(5, 4, 4, 1), info, 0.5); // [0, 1, 1, 0]: greedy keeps 5 and 1
 * ```
 */
export function transposableNm(options: TransposableNmOptions): Pattern {
  checkGiven(transposableNm, options);
  const { n, m, search = 'best' } = options;
  checkNm(n, m);
  checkChoice('search', search, ['best', 'greedy']);
  const choose = search === 'best' ? bestRegularMask : greedyMask;
  return described({ name: 'transposable-nm', n, m, search }, (scores, info, sparsity) => {
    checkSparsity('sparsity', sparsity);
    checkKernel(info, scores);
    const mask = new Uint8Array(scores.length);
    if (sparsity === 0) return mask.fill(1);
    forEachBlock(info, m, (places, rows) => {
      const block = { scores: Float64Array.from(places, (place) => scores[place]), rows, columns: places.length / rows };
      const kept = choose(block, n);
      for (let i = 0; i < places.length; i++) mask[places[i]] = kept[i];
    });
    return mask;
  });
}

inConfig(transposableNm, 'transposable-nm', { n: true, m: true, search: true });

/** Calls `visit` for each block with the indices of its weights, row by row: rows are inputs, columns outputs. */
function forEachBlock(info: KernelInfo, m: number, visit: (places: Uint32Array, rows: number) => void): void {
  const { length: inputs, inner: down } = runsAlong(info, 'input', m);
  const { length: outputs, inner: across } = runsAlong(info, 'output', m);
  const size = sizeFromShape(info.shape);
  for (let first = 0; first < size; first++) {
    const [input, output] = [Math.floor(first / down) % inputs, Math.floor(first / across) % outputs];
    if (input % m !== 0 || output % m !== 0) continue;
    const rows = Math.min(m, inputs - input);
    const columns = Math.min(m, outputs - output);
    const placeOf = (i: number) => first + Math.floor(i / columns) * down + (i % columns) * across;
    visit(
      Uint32Array.from({ length: rows * columns }, (_, i) => placeOf(i)),
      rows,
    );
  }
}

function greedyMask({ scores, rows, columns }: ScoreBlock, n: number): Uint8Array {
  const mask = new Uint8Array(scores.length);
  const rowRest = new Uint32Array(rows).fill(n);
  const columnRest = new Uint32Array(columns).fill(n);
  const order = Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  for (const place of order) {
    const [row, column] = [Math.floor(place / columns), place % columns];
    if (scores[place] === Number.NEGATIVE_INFINITY || rowRest[row] === 0 || columnRest[column] === 0) continue;
    mask[place] = 1;
    rowRest[row]--;
    columnRest[column]--;
  }
  return mask;
}
