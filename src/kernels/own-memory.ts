import { type Pointer, type WasmFunction, wasmFunctions } from './wasm-functions.js';

/** A memory, and the kernels on it. */
interface Own {
  readonly memory: WebAssembly.Memory;
  readonly wasm: Readonly<Record<string, WasmFunction>>;
}

let own: Own | undefined;

/**
 * Lays out areas of the given sizes, in bytes, on a memory that kernels without tensors share: each on a multiple of 16, with 16 bytes at
 * least behind it. It grows to the largest call, and holds nothing from one to the next.
 */
export function ownMemory(sizes: readonly number[]): Own & { readonly areas: readonly Pointer[] } {
  own ??= open();
  const { memory, wasm } = own;
  let top = 0;
  const areas = sizes.map((bytes) => {
    const at = top;
    top += (bytes + 31) & ~15;
    return at;
  });
  const missing = top - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  return { memory, wasm, areas };
}

function open(): Own {
  const memory = new WebAssembly.Memory({ initial: 1 });
  // Nothing here multiplies: the builds do not differ.
  return { memory, wasm: wasmFunctions(memory, 'strict') };
}
