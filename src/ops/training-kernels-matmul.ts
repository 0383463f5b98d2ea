import * as tf from '@tensorflow/tfjs';
import { gemmScratchBytes } from '../kernels/index.js';
import { activated } from './training-kernels-activation.js';
import type { HeapKernel, WasmHeap } from './training-kernels-heap.js';

/**
 * Below this many rows our packing of B does not pay, and tfjs's own plain product is faster (but wrong for empty sums). Of several matrices it
 * makes loops of single numbers, which read beyond a bias.
 */
const fewRows = 12;

/** A product of batches of matrices. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Axes of the batch of results. */
  readonly batch: readonly number[];
}

function productOf({ shape: a }: tf.TensorInfo, { shape: b }: tf.TensorInfo, transposeA: boolean, transposeB: boolean): Product {
  const [aRows, aColumns] = a.slice(-2) as [number, number];
  const [bRows, bColumns] = b.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  return { m, n: transposeB ? bRows : bColumns, k, batch };
}

/** Whether tfjs's own product is the better one. */
function isStocks({ m, k, batch }: Product, transposeA: boolean, transposeB: boolean): boolean {
  return !transposeA && !transposeB && m < fewRows && k > 0 && tf.util.sizeFromShape([...batch]) === 1;
}

/** tf.matMul with either transpose flag; batch axes broadcast. */
export const batchMatMul: HeapKernel = (inputs, attrs, heap, stock) => {
  const { a, b } = inputs;
  const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
  const product = productOf(a, b, transposeA, transposeB);
  if (isStocks(product, transposeA, transposeB)) return stock(inputs, attrs);
  const c = heap.zeros([...product.batch, product.m, product.n]);
  addProducts(heap, product, a, transposeA, b, transposeB, c);
  return c;
};

function addProducts(
  { kernels, pointer, scratch }: WasmHeap,
  { m, n, k, batch }: Product,
  a: tf.TensorInfo,
  transposeA: boolean,
  b: tf.TensorInfo,
  transposeB: boolean,
  c: tf.TensorInfo,
): void {
  const aStrides = batchStrides(a.shape.slice(0, -2), batch.length, 4 * m * k);
  const bStrides = batchStrides(b.shape.slice(0, -2), batch.length, 4 * n * k);
  const [aRow, aColumn] = transposeA ? [4, 4 * m] : [4 * k, 4];
  const bRow = 4 * (transposeB ? k : n);
  scratch(gemmScratchBytes, (room) => {
    const matrices = tf.util.sizeFromShape([...batch]);
    for (let i = 0; i < matrices; i++) {
      const aAt = pointer(a) + offset(i, batch, aStrides);
      const bAt = pointer(b) + offset(i, batch, bStrides);
      kernels.gemm(m, n, k, aAt, aRow, aColumn, bAt, bRow, transposeB, pointer(c) + 4 * m * n * i, 4 * n, room);
    }
  });
}

/** Bytes to move per step along each batch axis; 0 where the axis is broadcast. */
function batchStrides(shape: readonly number[], rank: number, matrixBytes: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  let stride = matrixBytes;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) strides[rank - shape.length + axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Bytes from the first matrix to matrix `index` of the row-major batch. */
function offset(index: number, batch: readonly number[], strides: readonly number[]): number {
  let bytes = 0;
  let rest = index;
  for (let axis = batch.length - 1; axis >= 0; axis--) {
    bytes += (rest % batch[axis]) * strides[axis];
    rest = Math.floor(rest / batch[axis]);
  }
  return bytes;
}

/** tf.fused.matMul: the bias is what the sums start from. */
export const fusedMatMul: HeapKernel = (inputs, attrs, heap, stock) => {
  const { a, b } = inputs;
  const { bias, preluActivationWeights } = inputs as Partial<typeof inputs>;
  const { transposeA, transposeB, ...activation } = attrs as unknown as tf._FusedMatMulAttrs;
  const product = productOf(a, b, transposeA, transposeB);
  const isRow = bias?.shape.length === 1 && bias.shape[0] === product.n;
  if ((!bias || isRow) && isStocks(product, transposeA, transposeB)) return stock(inputs, attrs);
  const y = startOfSums(heap, [...product.batch, product.m, product.n], bias);
  addProducts(heap, product, a, transposeA, b, transposeB, y);
  return activated(heap, y, activation, preluActivationWeights);
};

/** A bias of any shape, for each sum; 0 where there is none. */
function startOfSums(heap: WasmHeap, shape: number[], bias: tf.TensorInfo | undefined): tf.TensorInfo {
  const rows = tf.util.sizeFromShape(shape.slice(0, -1));
  if (bias?.shape.length === 1 && bias.shape[0] === shape.at(-1)) {
    const copies = heap.output(shape);
    heap.repeat(heap.pointer(bias), 4 * bias.shape[0], heap.pointer(copies), rows);
    return copies;
  }
  const zeros = heap.zeros(shape);
  if (!bias) return zeros;
  const y = heap.run('Add', { a: zeros, b: bias });
  heap.dispose(zeros);
  return y;
}
