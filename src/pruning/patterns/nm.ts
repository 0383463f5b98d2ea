import { SparsityError } from '../../errors.js';
import { highestInRuns } from '../../kernels/index.js';
import { checkChoice, checkInteger, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelInfo, Pattern } from '../contracts.js';
import { described } from '../described.js';
import { checkKernel } from './check-kernel.js';
import { checkAxis, forEachRun, type GroupAxis, type Runs, runsAlong } from './runs.js';

/** Options of {@link nm}. */
export interface NmOptions {
  /** N: how many of each group stay, from 1 to `m`. */
  readonly n: number;
  /** M: consecutive weights in a group, at least 1. */
  readonly m: number;
  /**
   * The axis along which the weights of a group lie: `input` is the forward pass's reduction axis, `output` that of the input gradient,
   * `window` the forward pass's reduction of a depthwise kernel: 2:4 of a window of 3 x 3 is groups of 4, 4 and 1, and keeps 5 of 9.
   * @default 'input'
   */
  readonly axis?: GroupAxis;
  /**
   * Vector-wise N:M: how many outputs in a row share one pattern, chosen by the sums of their scores. The sparse kernels multiply faster
   * where four do. With `axis` input only.
   * @default 1
   */
  readonly sharedOutputs?: number;
  /**
   * `jaxpruner`: ties go to the highest index, and an axis that `m` does not divide is an error. `tfmot`: as the default; only its pair
   * counts the zeros, so that its `sparsity_m_by_n=(1, 4)` is `{n: 3, m: 4}`.
   * @default 'default'
   */
  readonly profile?: 'default' | 'tfmot' | 'jaxpruner';
}

/**
 * N:M: of each `m` consecutive weights along an axis the `n` with the highest scores stay, ties to the lowest index. Where `m` does
 * not divide the axis, the last group is padded with zeros that are never chosen: a group of t keeps min(n, t). The density is the
 * pattern's own; of the target sparsity only this counts, that at 0 all weights stay. Ledger 1.3.1.
 *
 * @throws SparsityError for n outside 1 to m, shared outputs along another axis or of a kernel whose outputs are not last, an axis the kernel
 * lacks, a window whose axes are no neighbours, scores that do not fit the shape or are NaN.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * nm({n: 2, m: 4})(Float32Array.of(3, 5, 1, 4), info, 0.5); // [0, 1, 0, 1]
 * ```
 */
export function nm(options: NmOptions): Pattern {
  checkGiven(nm, options);
  const { n, m, axis = 'input', sharedOutputs = 1, profile = 'default' } = options;
  checkNm(n, m);
  checkAxis(axis);
  checkShared(sharedOutputs, axis);
  checkChoice('profile', profile, ['default', 'tfmot', 'jaxpruner']);
  return described({ name: 'nm', n, m, axis, sharedOutputs, profile }, (scores, info, sparsity) => {
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
    const keep = profile === 'jaxpruner' ? lastHighest : highestInRuns;
    if (sharedOutputs === 1) return keep(scores, runs, n);
    checkOutputsLast(info);
    const groups = Math.ceil(runs.inner / sharedOutputs);
    const groupOf = (i: number) => Math.floor(i / runs.inner) * groups + Math.floor((i % runs.inner) / sharedOutputs);
    const sums = new Float32Array((scores.length / runs.inner) * groups);
    for (let i = 0; i < scores.length; i++) sums[groupOf(i)] += scores[i];
    const shared = keep(sums, { ...runs, inner: groups }, n);
    return Uint8Array.from(scores, (_, i) => shared[groupOf(i)]);
  });
}

inConfig(nm, 'nm', { n: true, m: true, axis: true, sharedOutputs: true, profile: true });

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
export function isNm(
  values: ArrayLike<number>,
  info: KernelInfo,
  { n, m, axis = 'input' }: Pick<NmOptions, 'n' | 'm' | 'axis'>,
): boolean {
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

/** The highest of each run, ties to the highest index: seen from behind they are the first. For runs of one size. */
function lastHighest(scores: Float32Array, runs: Runs, keep: number): Uint8Array {
  return highestInRuns(scores.toReversed(), runs, keep).reverse();
}

function checkShared(sharedOutputs: number, axis: GroupAxis): void {
  checkInteger('sharedOutputs', sharedOutputs, 1);
  if (sharedOutputs === 1 || axis === 'input') return;
  const fix = 'leave axis out, or sharedOutputs';
  throw new SparsityError({ what: 'axis', got: axis, expected: 'input, along which outputs can share a pattern', fix });
}

/** Refuses a kernel whose outputs are not neighbours within a group: only such ones can share a pattern. */
function checkOutputsLast({ name, shape, inputAxis, outputAxis }: KernelInfo): void {
  if (outputAxis === shape.length - 1 && outputAxis === inputAxis + 1) return;
  throw new SparsityError({
    what: `axes of ${name} under shared outputs`,
    got: `input ${inputAxis}, output ${outputAxis} of ${shape.length} axes`,
    expected: 'the last two, outputs last',
    fix: `leave sharedOutputs out, or exclude ${name}`,
  });
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
