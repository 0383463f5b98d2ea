import { kernelsBase64 } from './binary/training-kernels.js';
import { withSharedMemory } from './shared-memory.js';

/** An address in the memory that the kernels were given, in bytes; every address is a multiple of four. */
export type Pointer = number;

/** A function of the WebAssembly module: numbers in, a number out. */
export type WasmFunction = (...numbers: number[]) => number;

/**
 * The builds of the kernels. `strict` rounds every product before it is added: the same bits on every machine. `relaxed` lets the machine
 * fuse the two (WebAssembly relaxed SIMD): faster, and the last bits depend on whether the processor can.
 */
export type KernelBuild = keyof typeof kernelsBase64;

/** Names of the builds, from the slowest. */
export const kernelBuilds = Object.keys(kernelsBase64) as readonly KernelBuild[];

const compiled = new Map<string, WebAssembly.Module>();
const instances = new WeakMap<WebAssembly.Memory, Map<KernelBuild, Record<string, WasmFunction>>>();

/**
 * The fastest build that this WebAssembly engine runs: `relaxed` from Node 22 and Chrome 114 on, in Node 20 after
 * `v8.setFlagsFromString('--experimental-wasm-relaxed-simd')`.
 *
 * @example
 * ```ts
 * ['strict', 'relaxed'].includes(bestKernelBuild()); // true
 * ```
 */
export function bestKernelBuild(): KernelBuild {
  return WebAssembly.validate(bytesOf('relaxed')) ? 'relaxed' : 'strict';
}

/**
 * The functions of the WebAssembly module on a memory, of which they own no byte; one instance per build and memory. Those without
 * floating-point sums are the same in all builds.
 */
export function wasmFunctions(memory: WebAssembly.Memory, build: KernelBuild = 'strict'): Record<string, WasmFunction> {
  const builds = instances.get(memory) ?? new Map<KernelBuild, Record<string, WasmFunction>>();
  instances.set(memory, builds);
  const module = kernelModule(build, !(memory.buffer instanceof ArrayBuffer));
  const functions =
    builds.get(build) ?? (new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, WasmFunction>);
  builds.set(build, functions);
  return functions;
}

/** The module of a build, for memory that threads share or that they do not. */
export function kernelModule(build: KernelBuild, shared: boolean): WebAssembly.Module {
  const key = `${build} ${shared}`;
  const bytes = () => (shared ? (withSharedMemory(bytesOf(build)) as Uint8Array<ArrayBuffer>) : bytesOf(build));
  const module = compiled.get(key) ?? new WebAssembly.Module(bytes());
  compiled.set(key, module);
  return module;
}

function bytesOf(build: KernelBuild): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(kernelsBase64[build]), (character) => character.charCodeAt(0));
}
