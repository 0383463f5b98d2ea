import type * as tf from '@tensorflow/tfjs';
import { type KernelForms, kernelForms } from './kernel-forms.js';
import type { NamedKernel } from './kernel-names.js';
import { type KernelUse, kernelUseOf } from './kernel-use.js';
import { observeTape, type TapeNode } from './tape.js';
import { useCounter } from './use-counter.js';

/** A use of a kernel, as it goes to the tape in the forward pass. */
export interface FollowedUse extends KernelUse {
  /** The kernel's name; of a part of it see `partNames`. */
  readonly layer: string;
  /** 0 for the first use of it on this tape, 1 for the second ... */
  readonly use: number;
  /** False for a frozen kernel. */
  readonly trained: boolean;
  readonly op: string;
  readonly node: TapeNode;
}

/** What is known of the step that a tape records. */
interface Step {
  readonly forms: KernelForms;
  /** Shapes that were flattened to rows, by the id of the flat tensor. */
  readonly flattened: Map<number, readonly number[]>;
}

/**
 * Calls back for every use of the kernels that goes to a tape, until the returned function is called.
 *
 * @param kernels each kernel by the id of its variable.
 * @param count numbers the uses, of those that do not go to the tape too where there are such.
 */
export function followKernels(
  kernels: ReadonlyMap<number, NamedKernel>,
  onUse: (use: FollowedUse) => void,
  count = useCounter(),
): () => void {
  const steps = new WeakMap<object, Step>();
  return observeTape((op, node, attrs, tape) => {
    let step = steps.get(tape);
    if (!step) {
      step = { forms: kernelForms(kernels), flattened: new Map() };
      steps.set(tape, step);
    }
    const { forms, flattened } = step;
    if (forms.observe(op, node, attrs)) {
      if (op === 'Reshape') followRows(node, flattened);
      return;
    }
    const found = kernelUseOf(
      op,
      node,
      attrs,
      (t) => forms.of(t) !== undefined,
      (t) => flattened.get(t.id),
    );
    if (!found) return;
    const { name: layer, trained } = forms.of(node.inputs[found.kernel]) as NamedKernel;
    onUse({ ...found, layer, use: count(tape, layer), trained, op, node });
  });
}

/** Follows flattened activations through a reshape. */
function followRows({ inputs, outputs }: TapeNode, flattened: Step['flattened']): void {
  const [x, y] = [inputs.x as tf.Tensor, outputs[0] as tf.Tensor];
  if (x.shape.at(-1) !== y.shape.at(-1)) return;
  const shape = x.rank > 2 && y.rank === 2 ? x.shape : x.rank === 2 && y.rank === 3 ? flattened.get(x.id) : undefined;
  if (shape) flattened.set(y.id, shape);
}
