import * as tf from '@tensorflow/tfjs';
import { heapOf, type WasmHeap } from '../training-kernels-heap.js';

type Infos = Readonly<Record<string, tf.TensorInfo>>;
type Body = (heap: WasmHeap, inputs: Infos) => tf.TensorInfo | tf.TensorInfo[];

const kernelName = 'SparsityLanes';

const warned = new WeakSet<object>();

/** Whether kernels can run on the heap: tfjs computes on its wasm backend, and that is as tested. */
export function hasHeap(): boolean {
  return tf.getBackend() === 'wasm' && typeof heapOf(tf.backend()) !== 'string';
}

/** Whether lane kernels can run, as {@link hasHeap} has it; where the backend is not as tested, says so once. */
export function hasLanes(): boolean {
  if (tf.getBackend() !== 'wasm') return false;
  const backend = tf.backend();
  const heap = heapOf(backend);
  if (typeof heap !== 'string') return true;
  if (!warned.has(backend)) console.warn(`sparse execution multiplies by masks instead: ${heap}`);
  warned.add(backend);
  return false;
}

/**
 * Runs a body on the wasm heap, in the time of a call: what tfjs does around a kernel takes longer than many of these bodies. Where somebody
 * profiles or debugs it runs as a kernel of tfjs all the same. It is not on the tape.
 */
export function onHeap(
  inputs: Readonly<Record<string, tf.Tensor>>,
  body: (heap: WasmHeap, inputs: Infos) => tf.TensorInfo,
): tf.Tensor {
  return runBody(inputs, body) as tf.Tensor;
}

/** {@link onHeap} for a body with several results. */
export function allOnHeap(
  inputs: Readonly<Record<string, tf.Tensor>>,
  body: (heap: WasmHeap, inputs: Infos) => tf.TensorInfo[],
): tf.Tensor[] {
  return runBody(inputs, body) as tf.Tensor[];
}

function runBody(inputs: Readonly<Record<string, tf.Tensor>>, body: Body): tf.Tensor | tf.Tensor[] {
  const engine = tf.engine();
  if (engine.state.profiling || tf.env().getBool('DEBUG')) return runAsKernel(inputs, body);
  const made = runUndoing(body, tf.backend(), inputs);
  return Array.isArray(made) ? made.map((info) => engine.makeTensorFromTensorInfo(info)) : engine.makeTensorFromTensorInfo(made);
}

function runAsKernel(inputs: Readonly<Record<string, tf.Tensor>>, body: Body): tf.Tensor | tf.Tensor[] {
  if (!tf.getKernel(kernelName, 'wasm')) {
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs: infos, attrs, backend }) =>
        runUndoing((attrs as unknown as { body: Body }).body, backend as object, infos as Infos),
    });
  }
  return tf.engine().runKernel(kernelName, inputs, { body } as unknown as tf.NamedAttrMap);
}

/** A body that throws leaves nothing on the heap. */
function runUndoing(body: Body, backend: object, inputs: Infos): tf.TensorInfo | tf.TensorInfo[] {
  const heap = heapOf(backend) as WasmHeap;
  return heap.undoing(() => body(heap, inputs));
}
