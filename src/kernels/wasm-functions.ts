import { trainingKernelsBase64 } from './binary/training-kernels.js';

/** An address in the memory that the kernels were given, in bytes; every address is a multiple of four. */
export type Pointer = number;

/** A function of the WebAssembly module: numbers in, a number out. */
export type WasmFunction = (...numbers: number[]) => number;

let compiled: WebAssembly.Module | undefined;
const instances = new WeakMap<WebAssembly.Memory, Record<string, WasmFunction>>();

/** The functions of the WebAssembly module on a memory, of which they own no byte; one instance per memory. */
export function wasmFunctions(memory: WebAssembly.Memory): Record<string, WasmFunction> {
  const known = instances.get(memory);
  if (known) return known;
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(trainingKernelsBase64), (c) => c.charCodeAt(0)));
  const functions = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Record<string, WasmFunction>;
  instances.set(memory, functions);
  return functions;
}
