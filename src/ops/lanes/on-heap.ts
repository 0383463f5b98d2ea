import * as tf from '@tensorflow/tfjs';
import { heapOf, type WasmHeap } from '../training-kernels-heap.js';

type Infos = Readonly<Record<string, tf.TensorInfo>>;
type Body = (heap: WasmHeap, inputs: Infos) => tf.TensorInfo;

const kernelName = 'SparsityLanes';

/** Whether lane kernels can run: tfjs computes on its wasm backend, and that is as tested. */
export function hasLanes(): boolean {
  return tf.getBackend() === 'wasm' && typeof heapOf(tf.backend()) !== 'string';
}

/** Runs a body on the wasm heap as a kernel of tfjs, which looks after tensors and profiles. It is not on the tape. */
export function onHeap(inputs: Readonly<Record<string, tf.Tensor>>, body: Body): tf.Tensor {
  if (!tf.getKernel(kernelName, 'wasm')) {
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs: infos, attrs, backend }) =>
        (attrs as unknown as { body: Body }).body(heapOf(backend as object) as WasmHeap, infos as Infos),
    });
  }
  return tf.engine().runKernel(kernelName, inputs, { body } as unknown as tf.NamedAttrMap) as tf.Tensor;
}
