import { ownMemory } from './own-memory.js';

/**
 * Bits [rows][cols] without gaps as planes [cols][whole words of rows]: {@link transposeBitsReference} on WebAssembly.
 *
 * @param bits lowest bit first; bits behind the last one are 0.
 * @example
 * ```ts
 * transposeBits(Uint32Array.of(0b01_01_11), 3, 2); // [0b111, 0b001]
 * ```
 */
export function transposeBits(bits: Uint32Array, rows: number, cols: number): Uint32Array {
  const words = Math.ceil((rows * cols) / 32);
  const planes = cols * Math.ceil(rows / 32);
  const { memory, wasm, areas } = ownMemory([4 * words + 4 * cols, 4 * planes]);
  const [x, out] = areas;
  new Uint32Array(memory.buffer, x, words).set(bits.subarray(0, words));
  wasm.transposeBits(x, rows, cols, out);
  return new Uint32Array(memory.buffer, out, planes).slice();
}

/**
 * Bits [rows][cols] without gaps as planes [cols][whole words of rows], bit by bit: what {@link transposeBits} computes.
 *
 * @example
 * ```ts
 * transposeBitsReference(Uint32Array.of(0b01_01_11), 3, 2); // [0b111, 0b001]
 * ```
 */
export function transposeBitsReference(bits: Uint32Array, rows: number, cols: number): Uint32Array {
  const planeWords = Math.ceil(rows / 32);
  const planes = new Uint32Array(cols * planeWords);
  for (let bit = 0; bit < rows * cols; bit++) {
    const row = Math.floor(bit / cols);
    const one = (bits[bit >>> 5] >>> (bit & 31)) & 1;
    planes[(bit % cols) * planeWords + (row >>> 5)] |= one << (row & 31);
  }
  return planes;
}
