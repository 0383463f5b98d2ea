import type * as tf from '@tensorflow/tfjs';
import { maskedKernelName } from '../masked-kernel-op.js';
import type { NamedKernel } from './kernel-names.js';
import { partNames } from './kernel-parts.js';
import type { OpAttrs, TapeNode } from './tape.js';

/** Ops whose outputs are parts of a kernel: GRU splits its recurrent kernel. */
const cutting = new Set(['SplitV', 'Slice']);
/** Ops whose outputs are a kernel in another form, or parts of it. */
const reforming = ['Reshape', 'ExpandDims', 'Transpose', 'Cast', 'Identity', 'Multiply'];
const forming = new Set([...reforming, ...cutting, maskedKernelName]);

/** Kernels and their other forms on a tape. */
export interface KernelForms {
  of(t: tf.Tensor | undefined): NamedKernel | undefined;
  /** Follows an op; whether it is one that forms kernels. Parts have names of their own. */
  observe(op: string, node: TapeNode, attrs: OpAttrs): boolean;
}

/** @param kernels each kernel by the id of its variable. */
export function kernelForms(kernels: ReadonlyMap<number, NamedKernel>): KernelForms {
  const derived = new Map<number, NamedKernel>();
  const of = (t: tf.Tensor | undefined) => t && (kernels.get(t.id) ?? derived.get(t.id));
  return {
    of,
    observe(op, node, attrs) {
      if (!forming.has(op)) return false;
      const { inputs, outputs } = node;
      for (const x of Object.values(inputs)) {
        const kernel = of(x);
        if (!kernel) continue;
        const names = cutting.has(op) ? partNames(kernel.name, op, node, attrs) : outputs.map(() => kernel.name);
        outputs.forEach((y, i) => {
          if (op !== 'Multiply' || x.shape.join() === y.shape.join()) derived.set(y.id, { ...kernel, name: names[i] as string });
        });
      }
      return true;
    },
  };
}
