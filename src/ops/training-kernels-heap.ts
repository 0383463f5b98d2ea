import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import {
  bestKernelBuild,
  instantiateKernels,
  instantiateLaneKernels,
  type KernelBuild,
  type LaneKernels,
  type Pointer,
  type TrainingKernels,
} from '../kernels/index.js';

/** What is used of tfjs's wasm backend; none of it is public, so {@link heapOf} tests all of it. */
interface WasmBackend {
  readonly wasm: {
    readonly HEAPU8: Uint8Array;
    readonly asm: Readonly<Record<string, unknown>>;
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } | undefined };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
}

/** The heap of tfjs's wasm backend, with our kernels on it. */
export interface WasmHeap {
  /** Of the kernels. */
  readonly build: KernelBuild;
  readonly kernels: TrainingKernels;
  readonly lanes: LaneKernels;
  /** Where a tensor's values lie; valid as long as the tensor, also when the heap grows. */
  pointer(t: tf.TensorInfo): Pointer;
  /** A new tensor that holds anything: what kernels overwrite. */
  output(shape: readonly number[]): tf.TensorInfo;
  /** A new tensor, all zeros: what the kernels add to. */
  zeros(shape: readonly number[], dtype?: 'float32' | 'int32'): tf.TensorInfo;
  /** Runs `body` with room for `bytes` bytes (not cleared), which is given back after it. */
  scratch<T>(bytes: number, body: (pointer: Pointer) => T): T;
  /** Clears bytes. */
  clear(pointer: Pointer, bytes: number): void;
  /** `count` values in their place, until the heap grows: make all room before. */
  floats(pointer: Pointer, count: number): Float32Array;
  /** The values of tensors of floats in their places, until the heap grows; it grows for none of these: they all come to it before. */
  views(...tensors: tf.TensorInfo[]): Float32Array[];
  /** `count` bytes in their place, as {@link WasmHeap.floats}. */
  bytes(pointer: Pointer, count: number): Uint8Array;
  /** A copy of `count` words. */
  readWords(pointer: Pointer, count: number): Uint32Array;
  /** Writes `bytes` bytes from `source` to `target`, `times` times in a row. */
  repeat(source: Pointer, bytes: number, target: Pointer, times: number): void;
  /** Another tensor of the same values, in the same place: tensors do not change, so that a copy is no different. */
  share(t: tf.TensorInfo): tf.TensorInfo;
  /** Runs another kernel of the wasm backend; give its result back with {@link WasmHeap.dispose}, or return it. */
  run(kernelName: string, inputs: Readonly<Record<string, tf.TensorInfo>>, attrs?: tf.NamedAttrMap): tf.TensorInfo;
  /** Gives back a tensor that no caller has seen. */
  dispose(t: tf.TensorInfo): void;
  /** Runs `body`; where it throws, all that it has made until then is given back. */
  undoing<T>(body: () => T): T;
}

const heaps = new WeakMap<object, WasmHeap | string>();

/**
 * Our view of a wasm backend's heap, or the reason, in words, why there is none.
 *
 * @param backend tfjs's backend object.
 * @param build which build of the kernels from now on; by default what it is, and the fastest at the first call.
 */
export function heapOf(backend: object, build?: KernelBuild): WasmHeap | string {
  let heap = heaps.get(backend);
  if (heap === undefined || (build && typeof heap === 'object' && heap.build !== build)) {
    heap = openHeap(backend as WasmBackend, build ?? bestKernelBuild());
    heaps.set(backend, heap);
  }
  return heap;
}

/** The memory of the heap, where it is to be found. */
export function memoryOf({ wasm }: Pick<WasmBackend, 'wasm'>): WebAssembly.Memory | undefined {
  const isHeap = (value: unknown): value is WebAssembly.Memory =>
    value instanceof WebAssembly.Memory && value.buffer === wasm.HEAPU8.buffer;
  return Object.values(wasm.asm ?? {}).find(isHeap);
}

function openHeap(backend: WasmBackend, build: KernelBuild): WasmHeap | string {
  const { wasm } = backend;
  for (const [name, ok] of [
    ['backend.wasm.HEAPU8', wasm?.HEAPU8 instanceof Uint8Array],
    ['backend.wasm._malloc', typeof wasm?._malloc === 'function'],
    ['backend.wasm._free', typeof wasm?._free === 'function'],
    ['backend.dataIdMap', typeof backend.dataIdMap?.get === 'function'],
    ['backend.makeOutput', typeof backend.makeOutput === 'function'],
    ['backend.disposeData', typeof backend.disposeData === 'function'],
    ['backend.incRef', typeof backend.incRef === 'function'],
  ] as const) {
    if (!ok) return `tfjs's wasm backend has no ${name} as the tested version has`;
  }
  const memory = memoryOf(backend);
  if (!memory) return "tfjs's wasm backend does not show its memory as the tested version does";
  let kernels: TrainingKernels;
  try {
    kernels = instantiateKernels(memory, build);
  } catch (error) {
    return `this WebAssembly engine has no SIMD, which the kernels need, or not that of the ${build} build (${(error as Error).message})`;
  }

  const bytesAt = (pointer: Pointer, bytes: number) => new Uint8Array(memory.buffer, pointer, bytes);
  const allocated = (pointer: number, bytes: number): Pointer => {
    if (pointer !== 0) return pointer;
    throw new SparsityError({
      what: 'memory of the wasm backend',
      got: `no room for ${bytes} bytes`,
      expected: 'room on its heap',
      fix: 'take smaller batches or dispose tensors that are no longer needed',
    });
  };
  /** What the body that runs has made and not given back: nobody has it yet. */
  let made: Set<tf.TensorInfo> | undefined;
  const own = (t: tf.TensorInfo): tf.TensorInfo => {
    made?.add(t);
    return t;
  };
  const make = (shape: readonly number[], dtype: 'float32' | 'int32'): tf.TensorInfo => {
    const t = own(backend.makeOutput([...shape], dtype));
    allocated(heap.pointer(t), 4 * tf.util.sizeFromShape([...shape]));
    return t;
  };
  const heap: WasmHeap = {
    build,
    kernels,
    lanes: instantiateLaneKernels(memory, build),
    pointer: (t) => {
      const data = backend.dataIdMap.get(t.dataId);
      if (!data) throw new Error('tensor is not on the wasm backend');
      return data.memoryOffset;
    },
    output: (shape) => make(shape, 'float32'),
    zeros(shape, dtype = 'float32') {
      const t = make(shape, dtype);
      heap.clear(heap.pointer(t), 4 * tf.util.sizeFromShape([...shape]));
      return t;
    },
    scratch(bytes, body) {
      const pointer = allocated(wasm._malloc(bytes) >>> 0, bytes);
      try {
        return body(pointer);
      } finally {
        wasm._free(pointer);
      }
    },
    bytes: bytesAt,
    clear: (pointer, bytes) => void bytesAt(pointer, bytes).fill(0),
    floats: (pointer, count) => new Float32Array(memory.buffer, pointer, count),
    views(...tensors) {
      const pointers = tensors.map(heap.pointer);
      return tensors.map(({ shape }, i) => heap.floats(pointers[i] as Pointer, tf.util.sizeFromShape(shape)));
    },
    readWords: (pointer, count) => new Uint32Array(memory.buffer, pointer, count).slice(),
    repeat(source, bytes, target, times) {
      if (times === 0) return;
      const all = bytesAt(target, bytes * times);
      all.set(bytesAt(source, bytes));
      for (let done = bytes; done < all.length; done *= 2) all.copyWithin(done, 0, Math.min(done, all.length - done));
    },
    share({ dataId, shape, dtype }) {
      backend.incRef(dataId);
      return own({ dataId, shape, dtype });
    },
    run: (name, inputs, attrs = {}) => own(tf.getKernel(name, 'wasm').kernelFunc({ inputs, backend, attrs }) as tf.TensorInfo),
    dispose(t) {
      made?.delete(t);
      backend.disposeData(t.dataId);
    },
    undoing(body) {
      const outer = made;
      made = new Set();
      try {
        return body();
      } catch (error) {
        for (const { dataId } of made) backend.disposeData(dataId);
        throw error;
      } finally {
        made = outer;
      }
    },
  };
  return heap;
}

/** A tfjs kernel on the heap; `stock` runs tfjs's own kernel of the same name, for the cases that are better there. */
export type HeapKernel = (
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: tf.NamedAttrMap,
  heap: WasmHeap,
  stock: (inputs: Readonly<Record<string, tf.TensorInfo>>, attrs: tf.NamedAttrMap) => tf.TensorInfo,
) => tf.TensorInfo;
