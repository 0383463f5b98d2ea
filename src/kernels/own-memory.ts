import type { Pointer } from './wasm-functions.js';

let memory: WebAssembly.Memory | undefined;

/**
 * Lays out areas of the given sizes, in bytes, on a memory that kernels without tensors share: each on a multiple of 16, with 16 bytes at
 * least behind it. It grows to the largest call, and holds nothing from one to the next.
 */
export function ownMemory(sizes: readonly number[]): { readonly memory: WebAssembly.Memory; readonly areas: readonly Pointer[] } {
  memory ??= new WebAssembly.Memory({ initial: 1 });
  let top = 0;
  const areas = sizes.map((bytes) => {
    const at = top;
    top += (bytes + 31) & ~15;
    return at;
  });
  const missing = top - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  return { memory, areas };
}
