import { help } from '../../kernels/kernel-crew.js';
import type { WasmFunction } from '../../kernels/wasm-functions.js';
import { importNode } from '../node-modules.js';

/** What a helper is given. */
export interface HelperData {
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array<SharedArrayBuffer>;
  /** The kernels for shared memory, build by build. */
  readonly modules: readonly WebAssembly.Module[];
  /** Its number, from 0. */
  readonly helper: number;
}

const { workerData, parentPort } = await importNode<typeof import('node:worker_threads')>('node:worker_threads');
const { memory, control, modules, helper } = workerData as HelperData;
const builds = modules.map((module) =>
  Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, WasmFunction>),
);
parentPort?.postMessage('ready');
help(control, builds, helper);
