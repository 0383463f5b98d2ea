import type * as tf from '@tensorflow/tfjs';
import { maskedKernelName } from '../masked-kernel-op.js';
import type { NamedKernel } from './kernel-names.js';
import type { TapeNode } from './tape.js';

/** Ops whose outputs are a kernel in another form, or parts of it (GRU splits its recurrent kernel). */
const reforming = ['Reshape', 'ExpandDims', 'Transpose', 'Cast', 'Identity', 'Multiply', 'SplitV', 'Slice'];
const forming = new Set([...reforming, maskedKernelName]);

/** Kernels and their other forms on a tape. */
export interface KernelForms {
  of(t: tf.Tensor | undefined): NamedKernel | undefined;
  /** Follows an op; whether it is one that forms kernels. */
  observe(op: string, node: TapeNode): boolean;
}

/** @param kernels each kernel by the id of its variable. */
export function kernelForms(kernels: ReadonlyMap<number, NamedKernel>): KernelForms {
  const derived = new Map<number, NamedKernel>();
  const of = (t: tf.Tensor | undefined) => t && (kernels.get(t.id) ?? derived.get(t.id));
  return {
    of,
    observe(op, { inputs, outputs }) {
      if (!forming.has(op)) return false;
      for (const x of Object.values(inputs)) {
        const kernel = of(x);
        if (!kernel) continue;
        for (const y of outputs) if (op !== 'Multiply' || x.shape.join() === y.shape.join()) derived.set(y.id, kernel);
      }
      return true;
    },
  };
}
