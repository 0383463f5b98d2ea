import * as tf from '@tensorflow/tfjs';
import type { KernelInfo, LayerMasks } from '../pruning/contracts.js';
import { keptInGroups } from './kept-in-groups.js';
import type { GroupedWeights } from './kernel-store.js';
import { maskTensor } from './mask-tensor.js';

/** The masks of a kernel as tensors, made when they are first used and kept; of masks that follow from weights, W.M in their place. */
export class MaskTensors {
  private readonly tensors = new Map<Uint8Array | 'input' | 'output', tf.Tensor>();
  /** The values of the variable that the products are of. */
  private multiplied: object | undefined;

  constructor(
    private readonly info: KernelInfo,
    private readonly variable: tf.Variable,
  ) {}

  /** A mask, in the shape of the kernel. */
  expand(mask: Uint8Array | null): tf.Tensor | null {
    if (!mask) return null;
    const tensor = this.tensors.get(mask) ?? tf.keep(maskTensor(mask, this.variable.shape));
    this.tensors.set(mask, tensor);
    return tensor;
  }

  /** W times a mask that follows from weights; by way of the mask where no kernel makes it, and for weights that it does not follow from. */
  multiply(name: keyof LayerMasks, grouped: GroupedWeights, masks: () => LayerMasks): tf.Tensor | null {
    const { groups, weights } = grouped;
    if (name === 'gradient') return null;
    if (name === 'backward' && groups.backward === 'forward') return this.multiply('forward', grouped, masks);
    if (name === 'forward' && groups.forward === 'ones') return null;
    const axis = name === 'forward' ? 'input' : 'output';
    if (this.multiplied !== this.variable.dataId) this.forgetProducts();
    this.multiplied = this.variable.dataId;
    const isOf = weights.dataId === this.variable.dataId;
    const made = () =>
      (isOf && keptInGroups(weights, this.info[`${axis}Axis`], groups)) ||
      tf.mul(this.variable, this.expand(masks()[name]) as tf.Tensor);
    const kept = this.tensors.get(axis) ?? tf.keep(made());
    this.tensors.set(axis, kept);
    return kept;
  }

  dispose(): void {
    tf.dispose([...this.tensors.values()]);
    this.tensors.clear();
  }

  private forgetProducts(): void {
    for (const axis of ['input', 'output'] as const) {
      this.tensors.get(axis)?.dispose();
      this.tensors.delete(axis);
    }
  }
}
