import { instantiateKernels } from './training-kernels.js';

/** Bit-matrix kernels with a memory of their own, for one thread. */
export interface BitKernels {
  /**
   * out[i n + j] = popcount(x_i AND y_j): how many non-zeros the rows i of x and j of y share.
   *
   * @param x bit matrix [m][wordsPerRow].
   * @param y bit matrix [n][wordsPerRow].
   * @param out int32 [m][n], written.
   */
  countPairs(x: Uint32Array, m: number, y: Uint32Array, n: number, wordsPerRow: number, out: Int32Array): void;
  /** {@link packBits} on this memory: element i of float32 values is bit `i & 31` of word `i >> 5`. */
  packBits(values: Float32Array): Uint32Array;
}

/**
 * Creates bit kernels with their own memory, which grows to the largest call.
 *
 * @example
 * ```ts
 * const out = new Int32Array(2);
 * createBitKernels().countPairs(Uint32Array.of(0b0111), 1, Uint32Array.of(0b0011, 0b1110), 2, 1, out);
 * out; // [2, 2]
 * ```
 */
export function createBitKernels(): BitKernels {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(memory);
  const reserve = (bytes: number): void => {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  };
  return {
    countPairs(x, m, y, n, wordsPerRow, out) {
      const vectors = Math.ceil(wordsPerRow / 4);
      const yAt = 16 * vectors * m;
      const outAt = yAt + 16 * vectors * n;
      reserve(outAt + 4 * m * n);
      const words = new Uint32Array(memory.buffer);
      copyRows(x, m, wordsPerRow, words, 4 * vectors);
      copyRows(y, n, wordsPerRow, words.subarray(yAt / 4), 4 * vectors);
      kernels.countPairs(0, m, yAt, n, vectors, outAt);
      out.set(new Int32Array(memory.buffer, outAt, m * n));
    },
    packBits(values) {
      const outAt = 4 * values.length;
      const words = Math.ceil(values.length / 32);
      reserve(outAt + 4 * words);
      new Float32Array(memory.buffer).set(values);
      kernels.packBits(0, values.length, outAt);
      return new Uint32Array(memory.buffer, outAt, words).slice();
    },
  };
}

/** Copies rows to a wider stride, filled up with zeros. */
function copyRows(source: Uint32Array, rows: number, width: number, target: Uint32Array, stride: number): void {
  if (width === stride) {
    target.set(source.subarray(0, rows * width));
    return;
  }
  for (let row = 0; row < rows; row++) {
    target.set(source.subarray(row * width, (row + 1) * width), row * stride);
    target.fill(0, row * stride + width, (row + 1) * stride);
  }
}
