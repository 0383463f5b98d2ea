import * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { bestKernelBuild, type KernelBuild } from '../kernels/index.js';
import { checkChoice } from '../pruning/check.js';
import { registerTrainingGradients } from './training-gradients.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput, fusedConv2d } from './training-kernels-conv.js';
import { conv3dBackpropFilter, conv3dBackpropInput } from './training-kernels-conv3d.js';
import { depthwiseBackpropFilter, depthwiseBackpropInput, depthwiseConv2d } from './training-kernels-depthwise.js';
import { cast, combine, identity, tile } from './training-kernels-elements.js';
import { type HeapKernel, heapOf, type WasmHeap } from './training-kernels-heap.js';
import { batchMatMul, fusedMatMul } from './training-kernels-matmul.js';
import { fusedBatchNorm } from './training-kernels-normalise.js';
import { maxPoolGrad, pool } from './training-kernels-pool.js';
import { meanAxes, sumAxes, unsortedSegmentSum } from './training-kernels-sums.js';

/** What {@link registerTrainingKernels} did. */
export interface TrainingKernelReport {
  /** tfjs names of the kernels that are now ours; empty when tfjs differs from the tested version. */
  readonly registered: readonly string[];
  /** Kernels that were not touched, and why. */
  readonly leftAlone: readonly { readonly kernel: string; readonly reason: string }[];
  /** Build of the kernels; undefined when none was registered. */
  readonly build?: KernelBuild;
  /** All of it in one sentence. */
  readonly message: string;
}

/** Options of {@link registerTrainingKernels}. */
export interface TrainingKernelOptions {
  /**
   * Build of the kernels: `relaxed` lets the processor fuse multiply and add, which is faster, and whose last bits depend on the processor;
   * `strict` gives the same bits on every machine. `auto` is relaxed where the engine has it.
   * @default 'auto' at the first call, later what it is
   */
  readonly simd?: 'auto' | KernelBuild;
}

/** A kernel that reads its inputs as floats; of anything else tfjs's own may say that it cannot. */
function ofFloats(kernel: HeapKernel): HeapKernel {
  return (inputs, attrs, heap, stock) => {
    // A bias may be undefined.
    const areFloats = Object.values<tf.TensorInfo | undefined>(inputs).every((t) => !t || t.dtype === 'float32');
    return areFloats ? kernel(inputs, attrs, heap, stock) : stock(inputs, attrs);
  };
}

/** Kernels that tfjs's wasm backend lacks, and its own that are wrong or that ours outrun. */
const missing: Readonly<Record<string, HeapKernel>> = {
  Conv2DBackpropFilter: ofFloats(conv2dBackpropFilter),
  DepthwiseConv2dNativeBackpropFilter: ofFloats(depthwiseBackpropFilter),
  DepthwiseConv2dNativeBackpropInput: ofFloats(depthwiseBackpropInput),
  UnsortedSegmentSum: unsortedSegmentSum,
};
const poor: Readonly<Record<string, HeapKernel>> = {
  Conv2D: ofFloats(conv2d),
  FusedConv2D: ofFloats(fusedConv2d),
  Conv2DBackpropInput: ofFloats(conv2dBackpropInput),
  Conv3DBackpropFilterV2: ofFloats(conv3dBackpropFilter),
  Conv3DBackpropInputV2: ofFloats(conv3dBackpropInput),
  DepthwiseConv2dNative: depthwiseConv2d,
  FusedDepthwiseConv2D: depthwiseConv2d,
  BatchMatMul: ofFloats(batchMatMul),
  _FusedMatMul: ofFloats(fusedMatMul),
  Add: combine('add'),
  Sub: combine('subtract'),
  Multiply: combine('multiply'),
  RealDiv: combine('divide'),
  Tile: tile,
  Identity: identity,
  Cast: cast,
  FusedBatchNorm: fusedBatchNorm,
  MaxPool: ofFloats(pool),
  AvgPool: ofFloats(pool),
  MaxPoolGrad: ofFloats(maxPoolGrad),
  Mean: meanAxes,
  Sum: sumAxes,
};

const ours = new WeakSet<tf.KernelConfig>();

/**
 * Registers the kernels that training needs on tfjs's wasm backend: the gradients that it lacks (convolution filters, depthwise convolutions,
 * gather), right versions of those that it computes wrongly (3-D convolutions, strides larger than the kernel, padding in numbers around
 * windows that are not square, biases in batches of matrices) and fast versions of those that it computes slowly. They work on the backend's
 * heap, without copies, and tensors that are saved for the backward pass are no longer copied either. While they are in force the gradients
 * of `batchNorm`, `mean` and `relu` take fewer passes than tfjs's; gradients of gradients are tfjs's. Calling it again changes the build
 * only. Where tfjs is not as tested (4.22), nothing is touched and the report says why.
 *
 * @throws SparsityError for an option that does not exist, and for `relaxed` where the engine lacks it.
 * @example
 * ```ts
 * await tf.setBackend('wasm');
 * console.log(registerTrainingKernels().message);
 * ```
 */
export function registerTrainingKernels(options: TrainingKernelOptions = {}): TrainingKernelReport {
  checkOptionNames('registerTrainingKernels', options, { simd: true });
  const { simd } = options;
  if (simd !== undefined) checkBuild(simd);
  const heap = findHeap(simd === 'auto' ? bestKernelBuild() : simd);
  const names = [...Object.keys(missing), ...Object.keys(poor)];
  if (typeof heap === 'string') {
    return {
      registered: [],
      leftAlone: names.map((kernel) => ({ kernel, reason: heap })),
      message: `no training kernel was registered on the wasm backend: ${heap}`,
    };
  }
  const registered: string[] = [];
  const leftAlone: { kernel: string; reason: string }[] = [];
  for (const name of names) {
    const stock = tf.getKernel(name, 'wasm');
    if (stock && ours.has(stock)) {
      registered.push(name);
    } else if (name in missing === (stock === undefined)) {
      replaceKernel(name, { ...missing, ...poor }[name], stock);
      registered.push(name);
    } else {
      leftAlone.push({
        kernel: name,
        reason: stock ? 'another kernel of this name is registered' : 'tfjs has no such kernel to replace',
      });
    }
  }
  registerTrainingGradients(() => tf.getBackend() === 'wasm' && ours.has(tf.getKernel('Multiply', 'wasm')));
  const exceptions = leftAlone.map(({ kernel, reason }) => `; ${kernel} left alone: ${reason}`).join('');
  const message = `training kernels on the wasm backend, ${heap.build} SIMD: ${registered.join(', ')}${exceptions}`;
  return { registered, leftAlone, build: heap.build, message };
}

function checkBuild(simd: 'auto' | KernelBuild): void {
  checkChoice('registerTrainingKernels.simd', simd, ['auto', 'strict', 'relaxed']);
  if (simd !== 'relaxed' || bestKernelBuild() === 'relaxed') return;
  throw new SparsityError({
    what: 'registerTrainingKernels.simd',
    got: simd,
    expected: 'an engine with WebAssembly relaxed SIMD',
    fix: "call useBackend('wasm'), which switches it on in node 20, or leave simd at 'auto'",
  });
}

/** The heap with the kernels on it, or why nothing can be registered. */
function findHeap(build: KernelBuild | undefined): WasmHeap | string {
  if (!tf.version_core.startsWith('4.22.')) return `tfjs is ${tf.version_core}, not 4.22.x, for which they were tested`;
  const backend = tf.engine().registry.wasm;
  if (!backend) return "the wasm backend is not running; call it after tf.setBackend('wasm')";
  return heapOf(backend, build);
}

function replaceKernel(kernelName: string, kernel: HeapKernel, stock: tf.KernelConfig | undefined): void {
  const config: tf.KernelConfig = {
    ...stock,
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const heap = heapOf(backend as object);
      if (typeof heap === 'string') {
        throw new SparsityError({
          what: `${kernelName} on the wasm backend`,
          got: heap,
          expected: 'the backend that the kernels were registered for',
          fix: 'register the training kernels after the backend was replaced, not before',
        });
      }
      const runsStock: Parameters<HeapKernel>[3] = (inputs, attrs) => runStock(stock, inputs, attrs, backend as object);
      return heap.undoing(() => kernel(inputs as Record<string, tf.TensorInfo>, attrs ?? {}, heap, runsStock));
    },
  };
  if (stock) tf.unregisterKernel(kernelName, 'wasm'); // registering over it would warn on the console
  tf.registerKernel(config);
  ours.add(config);
}

function runStock(
  stock: tf.KernelConfig | undefined,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attrs: tf.NamedAttrMap,
  backend: object,
): tf.TensorInfo {
  if (!stock) throw new Error('tfjs has no kernel for this case');
  return stock.kernelFunc({ inputs, attrs, backend }) as tf.TensorInfo;
}
