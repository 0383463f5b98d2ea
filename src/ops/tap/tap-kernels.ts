import type * as tf from '@tensorflow/tfjs';
import type { TappedOp } from '../contracts.js';
import type { NamedKernel } from './kernel-names.js';
import { kernelUseOf } from './kernel-use.js';
import { type OpAttrs, observeTape, offTape, type TapeNode } from './tape.js';

/** What is known of the step that a tape records. */
interface Step {
  /** Kernels in another form, by tensor id. */
  readonly derived: Map<number, NamedKernel>;
  /** Shapes that were flattened to rows, by the id of the flat tensor. */
  readonly flattened: Map<number, readonly number[]>;
  readonly uses: Map<string, number>;
}

/** Ops whose outputs are a kernel in another form, or parts of it (GRU splits its recurrent kernel). */
const forming = new Set(['Reshape', 'ExpandDims', 'Transpose', 'Cast', 'Identity', 'Multiply', 'SplitV', 'Slice']);

/**
 * Reports every use of the kernels in each training step, until the returned function is called: during the backward pass, where E and
 * G come to be; those of frozen kernels in the forward pass, as no backward pass may come by, and again where E does.
 *
 * @param kernels each kernel by the id of its variable.
 */
export function tapKernels(kernels: ReadonlyMap<number, NamedKernel>, onOp: (op: TappedOp) => void): () => void {
  const steps = new WeakMap<object, Step>();
  return observeTape((op, node, attrs, tape) => {
    let step = steps.get(tape);
    if (!step) {
      step = { derived: new Map(), flattened: new Map(), uses: new Map() };
      steps.set(tape, step);
    }
    if (forming.has(op)) derive(op, node, kernels, step);
    else report(op, node, attrs, kernels, step, onOp);
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

function report(
  op: string,
  node: TapeNode,
  attrs: OpAttrs,
  kernels: ReadonlyMap<number, NamedKernel>,
  step: Step,
  onOp: (op: TappedOp) => void,
): void {
  const kernelOf = (t: tf.Tensor | undefined) => t && (kernels.get(t.id) ?? step.derived.get(t.id));
  const found = kernelUseOf(
    op,
    node,
    attrs,
    (t) => kernelOf(t) !== undefined,
    (t) => step.flattened.get(t.id),
  );
  if (!found) return;
  const { name: layer, trained } = kernelOf(node.inputs[found.kernel]) as NamedKernel;
  const use = step.uses.get(layer) ?? 0;
  step.uses.set(layer, use + 1);
  const emit = (E: tf.Tensor | undefined, G: tf.Tensor | undefined, needsInputGradient: boolean) => {
    const { nest, saved, views } = found;
    const W = views.W(node.saved[saved.W] as tf.Tensor);
    const backwardW = saved.backwardW === saved.W ? W : views.W(node.saved[saved.backwardW] as tf.Tensor);
    const A = views.A(node.saved[saved.A] as tf.Tensor);
    onOp({ layer, use, nest, W, backwardW, A, E: E && views.E(E), G: G && views.W(G), needsInputGradient });
  };
  if (!trained) offTape(() => emit(undefined, undefined, false));
  wrapGradient(node, trained ? found.kernel : found.data, (E, gradient, inputs) =>
    trained ? emit(E, gradient, found.data in inputs) : emit(E, undefined, true),
  );
}

/**
 * Calls `emit` when tfjs computes the gradient of an input, with the gradient and the inputs that need one; in the tidy of tfjs, which
 * frees what is made there.
 */
function wrapGradient(
  node: TapeNode,
  input: string,
  emit: (E: tf.Tensor, gradient: tf.Tensor, inputs: TapeNode['inputs']) => void,
): void {
  const gradient = node.gradient;
  if (!gradient) return;
  node.gradient = function (dys) {
    const gradients = gradient.call(this, dys);
    const { inputs } = this;
    const compute = gradients[input] as () => tf.Tensor;
    return {
      ...gradients,
      [input]: () => {
        const result = compute();
        emit(dys[0] as tf.Tensor, result, inputs);
        return result;
      },
    };
  };
}
