import { SparsityError } from '../../errors.js';
import { checkInteger, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Pattern } from '../contracts.js';
import { described } from '../described.js';
import { keptCount } from '../kept-count.js';
import { nm } from './nm.js';
import { checkAxis, type GroupAxis } from './runs.js';

/** Options of {@link annealedNm}; exactly one of `n` and `m` is given, the other follows from the target sparsity. */
export interface AnnealedNmOptions {
  /** N, at least 1: then `M = round(n / (1 - sparsity))`, 2:4 at 0.5, 2:8 at 0.75. */
  readonly n?: number;
  /** M, at least 1: then N is {@link keptCount} of it, 4:8 at 0.5, 2:8 at 0.75. */
  readonly m?: number;
  /**
   * The axis along which the weights of a group lie, see {@link NmOptions.axis}.
   * @default 'input'
   */
  readonly axis?: GroupAxis;
}

/**
 * N:M that follows the target sparsity: N falls within groups of `m`, or groups of `n` grow. Under {@link stagedSchedule} it is annealed by
 * stages, 8:8 to 4:8 to 2:8; under any other schedule as finely as whole numbers allow.
 *
 * @throws SparsityError for n and m both or neither, one that is no integer of at least 1, and as {@link nm}.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * annealedNm({m: 4})(Float32Array.of(3, 5, 1, 4), info, 0.75); // [0, 1, 0, 0]: 1:4
 * ```
 */
export function annealedNm(options: AnnealedNmOptions): Pattern {
  checkGiven(annealedNm, options);
  const { n, m, axis = 'input' } = options;
  if ((n === undefined) === (m === undefined)) {
    const fix = 'the other of the two follows from the sparsity; nm({n, m}) holds both';
    throw new SparsityError({ what: 'annealed N:M', got: { n, m }, expected: 'n or m', fix });
  }
  if (n !== undefined) checkInteger('n', n, 1);
  if (m !== undefined) checkInteger('m', m, 1);
  const pairAt = (sparsity: number) =>
    m === undefined ? { n: n as number, m: Math.round((n as number) / (1 - sparsity)) } : { n: keptCount(m, sparsity), m };
  checkAxis(axis);
  return described({ name: 'annealed-nm', ...(m === undefined ? { n } : { m }), axis }, (scores, info, sparsity) => {
    checkSparsity('sparsity', sparsity);
    return nm({ ...pairAt(sparsity), axis })(scores, info, sparsity);
  });
}

inConfig(annealedNm, 'annealed-nm', { n: true, m: true, axis: true });
