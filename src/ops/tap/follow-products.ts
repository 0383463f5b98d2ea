import type * as tf from '@tensorflow/tfjs';
import { layerNames } from '../model-layers.js';
import { type KernelForms, kernelForms } from './kernel-forms.js';
import type { NamedKernel } from './kernel-names.js';
import { type ProductUse, productUseOf } from './product-use.js';
import { runningLayer, watchLayers } from './running-layers.js';
import { observeTape, type TapeNode } from './tape.js';
import { useCounter } from './use-counter.js';

/** A product of two activations, as it goes to the tape in the forward pass. */
export interface FollowedProduct {
  /** `name/product` of the layer that computed it, or of the model where none did; `name/untold` where there is no `product`. */
  readonly layer: string;
  /** 0 for the first product of the layer on this tape, 1 for the second ... */
  readonly use: number;
  readonly node: TapeNode;
  /** Undefined where it is no product of matrices, image by image: nothing can be told of it but that it was there. */
  readonly product: ProductUse | undefined;
}

/** What is known of the step that a tape records. */
interface Step {
  readonly forms: KernelForms;
  /** Ids of tensors that come from what a layer was given. */
  readonly activations: Set<number>;
}

/**
 * Calls back for every product of two activations that goes to a tape, until the returned function is called.
 *
 * @param kernels each kernel by the id of its variable: what is multiplied by one of them is none.
 */
export function followProducts(
  model: tf.LayersModel,
  kernels: ReadonlyMap<number, NamedKernel>,
  onProduct: (product: FollowedProduct) => void,
): () => void {
  const names = layerNames(model);
  const steps = new WeakMap<object, Step>();
  const count = useCounter();
  const unwatch = watchLayers(model);
  const release = observeTape((op, node, attrs, tape) => {
    const step = steps.get(tape) ?? { forms: kernelForms(kernels), activations: new Set() };
    steps.set(tape, step);
    const { forms, activations } = step;
    const running = runningLayer(names);
    const isActivation = (t: tf.Tensor) => activations.has(t.id) || (running?.inputs.some(({ id }) => id === t.id) ?? false);
    const inputs = Object.values(node.inputs).filter((t) => t !== undefined);
    forms.observe(op, node, attrs);
    if (!inputs.some(isActivation)) return;
    for (const { id } of node.outputs) activations.add(id);
    const factors = inputs.slice(0, 2);
    if (factors.length < 2 || !factors.every((t) => isActivation(t) && !forms.of(t))) return;
    const product = productUseOf(op, node, attrs, running);
    if (product === 'none') return;
    const name = (running && names.get(running.layer)) ?? model.name;
    // Under a name of its own, what cannot be told is missed also where other products of the layer can.
    const layer = `${name}/${product ? 'product' : 'untold'}`;
    onProduct({ layer, use: count(tape, layer), node, product });
  });
  return () => {
    release();
    unwatch();
  };
}
