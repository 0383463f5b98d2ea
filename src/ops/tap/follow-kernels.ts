import type * as tf from '@tensorflow/tfjs';
import { maskedKernelName } from '../masked-kernel-op.js';
import type { NamedKernel } from './kernel-names.js';
import { type KernelUse, kernelUseOf } from './kernel-use.js';
import { observeTape, type TapeNode } from './tape.js';

/** A use of a kernel, as it goes to the tape in the forward pass. */
export interface FollowedUse extends KernelUse {
  readonly layer: string;
  /** 0 for the first use of the layer on this tape, 1 for the second ... */
  readonly use: number;
  /** False for a frozen kernel. */
  readonly trained: boolean;
  readonly op: string;
  readonly node: TapeNode;
}

/** What is known of the step that a tape records. */
interface Step {
  /** Kernels in another form, by tensor id. */
  readonly derived: Map<number, NamedKernel>;
  /** Shapes that were flattened to rows, by the id of the flat tensor. */
  readonly flattened: Map<number, readonly number[]>;
  readonly uses: Map<string, number>;
}

/** Ops whose outputs are a kernel in another form, or parts of it (GRU splits its recurrent kernel). */
const reforming = ['Reshape', 'ExpandDims', 'Transpose', 'Cast', 'Identity', 'Multiply', 'SplitV', 'Slice'];
const forming = new Set([...reforming, maskedKernelName]);

/**
 * Calls back for every use of the kernels that goes to a tape, until the returned function is called.
 *
 * @param kernels each kernel by the id of its variable.
 */
export function followKernels(kernels: ReadonlyMap<number, NamedKernel>, onUse: (use: FollowedUse) => void): () => void {
  const steps = new WeakMap<object, Step>();
  return observeTape((op, node, attrs, tape) => {
    let step = steps.get(tape);
    if (!step) {
      step = { derived: new Map(), flattened: new Map(), uses: new Map() };
      steps.set(tape, step);
    }
    const { derived, flattened, uses } = step;
    if (forming.has(op)) {
      derive(op, node, kernels, step);
      return;
    }
    const kernelOf = (t: tf.Tensor | undefined) => t && (kernels.get(t.id) ?? derived.get(t.id));
    const found = kernelUseOf(
      op,
      node,
      attrs,
      (t) => kernelOf(t) !== undefined,
      (t) => flattened.get(t.id),
    );
    if (!found) return;
    const { name: layer, trained } = kernelOf(node.inputs[found.kernel]) as NamedKernel;
    const use = uses.get(layer) ?? 0;
    uses.set(layer, use + 1);
    onUse({ ...found, layer, use, trained, op, node });
  });
}

/** Follows kernels and flattened activations through ops that change their form. */
function derive(op: string, { inputs, outputs }: TapeNode, kernels: ReadonlyMap<number, NamedKernel>, step: Step): void {
  for (const input in inputs) {
    const x = inputs[input] as tf.Tensor;
    const kernel = kernels.get(x.id) ?? step.derived.get(x.id);
    if (!kernel) continue;
    for (const y of outputs) if (op !== 'Multiply' || x.shape.join() === y.shape.join()) step.derived.set(y.id, kernel);
  }
  if (op !== 'Reshape') return;
  const [x, y] = [inputs.x as tf.Tensor, outputs[0] as tf.Tensor];
  if (x.shape.at(-1) !== y.shape.at(-1)) return;
  const flattened = x.rank > 2 && y.rank === 2 ? x.shape : x.rank === 2 && y.rank === 3 ? step.flattened.get(x.id) : undefined;
  if (flattened) step.flattened.set(y.id, flattened);
}
