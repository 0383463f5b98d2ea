import { SparsityError } from '../../errors.js';
import type { NamesOf } from '../config-entry.js';
import type { ExclusionOptions } from './exclusion.js';

/** What methods share that keep dense weights and mask the operands N:M at every step. */
export interface NmMethodOptions extends ExclusionOptions {
  /**
   * N: how many weights of each group stay, from 1 to `m` - 1.
   * @default 2
   */
  readonly n?: number;
  /**
   * M: weights in a group.
   * @default 4
   */
  readonly m?: number;
  /**
   * SR-STE lambda, at least 0: `decay * (1 - M_f) * W` is added to the gradient. 0 is plain STE.
   * @default 2e-4
   */
  readonly decay?: number;
  /**
   * Step from which weights are pruned; training is dense before.
   * @default 0
   */
  readonly beginStep?: number;
}

/** What methods share whose forward mask is N:M along the input axis. */
export interface SharedOutputsOptions {
  /**
   * Vector-wise N:M: how many outputs in a row share one pattern in the forward mask, chosen by the sums of their |w|, see
   * {@link NmOptions.sharedOutputs}. Sparse kernels multiply faster where four do; making the masks of more than one takes longer.
   * @default 1
   */
  readonly sharedOutputs?: number;
}

/** The names of these options. */
export const nmMethodOptions = {
  n: true,
  m: true,
  decay: true,
  beginStep: true,
  exclude: true,
} satisfies NamesOf<NmMethodOptions>;

/** Refuses an N:M that prunes nothing. */
export function checkPrunes(n: number, m: number): void {
  if (n !== m) return;
  const fix = 'prune something, or train without the method';
  throw new SparsityError({ what: 'n', got: n, expected: `less than m = ${m}`, fix });
}
