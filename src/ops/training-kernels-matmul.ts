import * as tf from '@tensorflow/tfjs';
import { gemmScratchBytes } from '../kernels/index.js';
import type { HeapKernel } from './training-kernels-heap.js';

/** Below this many rows our packing of B does not pay, and tfjs's own plain product is faster (but wrong for empty sums). */
const fewRows = 12;

/** tf.matMul with either transpose flag; batch axes broadcast. */
export const batchMatMul: HeapKernel = (inputs, attrs, heap, stock) => {
  const { a, b } = inputs;
  const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const n = transposeB ? bRows : bColumns;
  if (!transposeA && !transposeB && m < fewRows && k > 0) return stock(inputs, attrs);
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);

  const c = heap.zeros([...batch, m, n]);
  const aStrides = batchStrides(aBatch, batch.length, 4 * m * k);
  const bStrides = batchStrides(bBatch, batch.length, 4 * n * k);
  const { kernels, pointer } = heap;
  const [aRow, aColumn] = transposeA ? [4, 4 * m] : [4 * k, 4];
  heap.scratch(gemmScratchBytes, (scratch) => {
    const matrices = tf.util.sizeFromShape(batch);
    for (let i = 0; i < matrices; i++) {
      const aAt = pointer(a) + offset(i, batch, aStrides);
      const bAt = pointer(b) + offset(i, batch, bStrides);
      kernels.gemm(m, n, k, aAt, aRow, aColumn, bAt, 4 * bColumns, transposeB, pointer(c) + 4 * m * n * i, 4 * n, scratch);
    }
  });
  return c;
};

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

/**
 * tf.fused.matMul. tfjs multiplies fast when nothing is transposed, so transposed operands are transposed first and the rest (bias,
 * activation) stays with it.
 */
export const fusedMatMul: HeapKernel = (inputs, attrs, heap, stock) => {
  const { transposeA, transposeB } = attrs as unknown as tf._FusedMatMulAttrs;
  const [innerA, innerB] = [transposeA ? 1 : 2, transposeB ? 2 : 1];
  if (inputs.a.shape[innerA] === 0) {
    // What tfjs gives for empty sums is whatever lay there: each is of one 0 instead.
    const [a, b] = [heap.zeros(inputs.a.shape.with(innerA, 1)), heap.zeros(inputs.b.shape.with(innerB, 1))];
    const out = fusedMatMul({ ...inputs, a, b }, attrs, heap, stock);
    heap.dispose(a);
    heap.dispose(b);
    return out;
  }
  if (!transposeA && !transposeB) return stock(inputs, attrs);
  const transposed = (x: tf.TensorInfo) => heap.run('Transpose', { x }, { perm: [0, 2, 1] });
  const a = transposeA ? transposed(inputs.a) : inputs.a;
  const b = transposeB ? transposed(inputs.b) : inputs.b;
  const out = stock({ ...inputs, a, b }, { ...attrs, transposeA: false, transposeB: false });
  if (transposeA) heap.dispose(a);
  if (transposeB) heap.dispose(b);
  return out;
};
