import type * as tf from '@tensorflow/tfjs';
import type { TappedOp } from '../contracts.js';
import { type KernelUse, kernelUseOf } from './kernel-use.js';
import { type OpAttrs, observeTape, type TapeNode } from './tape.js';

/** What is known of the step that a tape records. */
interface Step {
  /** Names of kernels in another form, by tensor id. */
  readonly derived: Map<number, string>;
  /** Shapes that were flattened to rows, by the id of the flat tensor. */
  readonly flattened: Map<number, readonly number[]>;
  readonly uses: Map<string, number>;
}

/** Ops whose outputs are a kernel in another form, or parts of it (GRU splits its recurrent kernel). */
const forming = new Set(['Reshape', 'ExpandDims', 'Transpose', 'Cast', 'Identity', 'Multiply', 'SplitV', 'Slice']);

/**
 * Reports every use of the kernels in each training step, during its backward pass, until the returned function is called.
 *
 * @param names name of each kernel, by the id of its variable.
 */
export function tapKernels(names: ReadonlyMap<number, string>, onOp: (op: TappedOp) => void): () => void {
  const steps = new WeakMap<object, Step>();
  return observeTape((op, node, attrs, tape) => {
    let step = steps.get(tape);
    if (!step) {
      step = { derived: new Map(), flattened: new Map(), uses: new Map() };
      steps.set(tape, step);
    }
    if (forming.has(op)) derive(op, node, names, step);
    else report(op, node, attrs, names, step, onOp);
  });
}

/** Follows kernels and flattened activations through ops that change their form. */
function derive(op: string, { inputs, outputs }: TapeNode, names: ReadonlyMap<number, string>, step: Step): void {
  for (const input in inputs) {
    const x = inputs[input] as tf.Tensor;
    const name = names.get(x.id) ?? step.derived.get(x.id);
    if (name === undefined) continue;
    for (const y of outputs) if (op !== 'Multiply' || x.shape.join() === y.shape.join()) step.derived.set(y.id, name);
  }
  if (op !== 'Reshape') return;
  const [x, y] = [inputs.x as tf.Tensor, outputs[0] as tf.Tensor];
  if (x.shape.at(-1) !== y.shape.at(-1)) return;
  const flattened = x.rank > 2 && y.rank === 2 ? x.shape : x.rank === 2 && y.rank === 3 ? step.flattened.get(x.id) : undefined;
  if (flattened) step.flattened.set(y.id, flattened);
}

function report(
  op: string,
  node: TapeNode,
  attrs: OpAttrs,
  names: ReadonlyMap<number, string>,
  step: Step,
  onOp: (op: TappedOp) => void,
): void {
  const nameOf = (t: tf.Tensor | undefined) => t && (names.get(t.id) ?? step.derived.get(t.id));
  const found = kernelUseOf(
    op,
    node,
    attrs,
    (t) => nameOf(t) !== undefined,
    (t) => step.flattened.get(t.id),
  );
  if (!found) return;
  const layer = nameOf(node.inputs[found.kernel]) as string;
  const use = step.uses.get(layer) ?? 0;
  step.uses.set(layer, use + 1);
  wrapGradient(node, found, (E, G, needsInputGradient) => {
    const { nest, saved, views } = found;
    const W = views.W(node.saved[saved.W] as tf.Tensor);
    const backwardW = saved.backwardW === saved.W ? W : views.W(node.saved[saved.backwardW] as tf.Tensor);
    const A = views.A(node.saved[saved.A] as tf.Tensor);
    onOp({ layer, use, nest, W, backwardW, A, E: views.E(E), G: views.W(G), needsInputGradient });
  });
}

/** Calls `emit` when tfjs computes the gradient of the kernel; in the tidy of tfjs, which frees what is made there. */
function wrapGradient(
  node: TapeNode,
  { data, kernel }: KernelUse,
  emit: (E: tf.Tensor, G: tf.Tensor, needsInputGradient: boolean) => void,
): void {
  const gradient = node.gradient;
  if (!gradient) return;
  node.gradient = function (dys) {
    const gradients = gradient.call(this, dys);
    const weightGradient = gradients[kernel] as () => tf.Tensor;
    const needsInputGradient = data in this.inputs;
    return {
      ...gradients,
      [kernel]: () => {
        const G = weightGradient();
        emit(dys[0] as tf.Tensor, G, needsInputGradient);
        return G;
      },
    };
  };
}
