import { SparsityError } from '../errors.js';
import { tapeEngine } from './tap/tape.js';

/**
 * To be called in a backward pass that works outside of the tape: what it gives looks like a constant there, so that a gradient of it would lack
 * a part without a word.
 *
 * @throws SparsityError where the tape records the backward pass, for a gradient of the gradient.
 */
export function checkFirstDerivative(op: string): void {
  const { gradientDepth, kernelDepth } = tapeEngine().state;
  if (gradientDepth === 0 || kernelDepth > 0) return;
  throw new SparsityError({
    what: `gradient of ${op}, an op of masked layers`,
    got: 'a gradient of it, as a gradient penalty takes',
    expected: 'first derivatives',
    fix: 'take the inner gradient outside of the function whose gradient you want, or that of strip(model)',
  });
}
