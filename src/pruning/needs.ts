import { SparsityError } from '../errors.js';
import type { Config, KernelState, Needing, Score } from './contracts.js';
import { described } from './described.js';

/** A score with its description and what it needs. */
export function needyScore(config: Config, needing: Needing, score: (kernel: KernelState) => Float32Array): Score {
  return Object.assign(described(config, score), needing);
}

/** What a method needs because its score does. */
export function needsOf({ needs, slotNames, accumulate }: Score): Needing {
  return { ...(needs && { needs }), ...(slotNames && { slotNames }), ...(accumulate && { accumulate }) };
}

/** The gradient of the step just done, or an error. */
export function gradientOf({ info, gradient }: KernelState): Float32Array {
  if (gradient) return gradient;
  throw new SparsityError({
    what: `gradient of layer ${info.name}`,
    got: 'none',
    expected: 'that of the step just done',
    fix: 'prune from step 1 on, when there is one; exclude layers that do not train; give a kernel its gradient in code of your own',
  });
}

/** The slot that has one of the names, the first that there is, or an error. `who` names the score that asks. */
export function slotOf(who: string, { info, slots = {} }: KernelState, names: readonly string[]): Float32Array {
  const name = names.find((each) => Object.hasOwn(slots, each));
  if (name !== undefined) return slots[name];
  throw new SparsityError({
    what: `${who} of layer ${info.name}`,
    got: `an optimizer with the slots ${Object.keys(slots).join(', ') || 'none'}`,
    expected: `one that has ${names.join(' or ')}, after its first step`,
    fix: 'compile with tf.train.adam(), and prune from step 1 on',
  });
}
