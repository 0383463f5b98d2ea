import { SparsityError } from '../../errors.js';
import { checkChoice, checkInteger, checkSparsity } from '../check.js';
import { inConfig } from '../config-entry.js';
import type { KernelInfo, Pattern } from '../contracts.js';
import { described } from '../described.js';
import { checkKernel } from './check-kernel.js';
import { type AxisName, forEachRun, keepInRuns, runsAlong } from './runs.js';

/** Options of {@link nm}. */
export interface NmOptions {
  /** N: how many of each group stay, from 1 to `m`. */
  readonly n: number;
  /** M: consecutive weights in a group, at least 1. */
  readonly m: number;
  /**
   * The axis along which the weights of a group lie: `input` is the forward pass's reduction axis, `output` that of the input gradient.
   * @default 'input'
   */
  readonly axis?: AxisName;
  /**
   * `jaxpruner`: ties go to the highest index, and an axis that `m` does not divide is an error.
   * @default 'default'
   */
  readonly profile?: 'default' | 'tfmot' | 'jaxpruner';
}

/**
 * N:M: of each `m` consecutive weights along an axis the `n` with the highest scores stay, ties to the lowest index. Where `m` does
 * not divide the axis, the last group is padded with zeros that are never chosen: a group of t keeps min(n, t). The density is the
 * pattern's own; of the target sparsity only this counts, that at 0 all weights stay. Ledger 1.3.1.
 *
 * @throws SparsityError for n outside 1 to m, an axis the kernel lacks, scores that do not fit the shape or are NaN.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * nm({n: 2, m: 4})(Float32Array.of(3, 5, 1, 4), info, 0.5); // [0, 1, 0, 1]
 * ```
 */
export function nm({ n, m, axis = 'input', profile = 'default' }: NmOptions): Pattern {
  checkNm(n, m);
  checkChoice('profile', profile, ['default', 'tfmot', 'jaxpruner']);
  return described({ name: 'nm', n, m, axis, profile }, (scores, info, sparsity) => {
    checkSparsity('sparsity', sparsity);
    checkKernel(info, scores);
    const runs = runsAlong(info, axis, m);
    if (profile === 'jaxpruner' && runs.length % m !== 0) {
      throw new SparsityError({
        what: `axis ${axis} of ${info.name}`,
        got: runs.length,
        expected: `a multiple of m = ${m}, as jaxpruner wants`,
        fix: 'use the default profile, which pads the last group',
      });
    }
    if (sparsity === 0) return new Uint8Array(scores.length).fill(1);
    return keepInRuns(scores, runs, n, profile === 'jaxpruner' ? 'highest' : 'lowest');
  });
}

inConfig(nm, 'nm', { n: true, m: true, axis: true, profile: true });

/**
 * Whether no group of `m` consecutive values along an axis has more than `n` non-zeros; the last group may be shorter. Takes weights
 * as well as masks.
 *
 * @throws SparsityError for n outside 1 to m, or an axis the kernel lacks.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * isNm(Float32Array.of(0, 5, 0, 4), info, {n: 2, m: 4}); // true
 * ```
 */
export function isNm(values: ArrayLike<number>, info: KernelInfo, { n, m, axis = 'input' }: Omit<NmOptions, 'profile'>): boolean {
  checkNm(n, m);
  const runs = runsAlong(info, axis, m);
  let obeys = true;
  forEachRun(runs, (_, first, size) => {
    let nonzeros = 0;
    for (let k = 0; k < size; k++) if (values[first + k * runs.inner] !== 0) nonzeros++;
    obeys &&= nonzeros <= n;
  });
  return obeys;
}

/** Refuses an N:M that is none. */
export function checkNm(n: number, m: number): void {
  checkInteger('m', m, 1);
  checkInteger('n', n, 1);
  if (n > m)
    throw new SparsityError({
      what: 'n',
      got: n,
      expected: `1 to m = ${m}`,
      fix: 'n is how many stay of m: write 2:4 as {n: 2, m: 4}',
    });
}
