import { help } from '../../kernels/kernel-crew.js';
import type { WasmFunction } from '../../kernels/wasm-functions.js';
import { isNode, nodeThreads } from '../node-modules.js';

/** What a helper is given. */
export interface HelperData {
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array<SharedArrayBuffer>;
  /** The kernels for shared memory, build by build. */
  readonly modules: readonly WebAssembly.Module[];
  /** Its number, from 0. */
  readonly helper: number;
}

/** Says `ready`, and then helps for ever: no message reaches it any more. */
function work({ memory, control, modules, helper }: HelperData, post: (message: string) => void): never {
  const builds = modules.map((module) =>
    Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, WasmFunction>),
  );
  post('ready');
  help(control, builds, helper);
}

if (isNode()) {
  // No await here: bundlers make classic scripts of workers, which know no top-level await.
  void nodeThreads().then(({ workerData, parentPort }) => work(workerData, (message) => parentPort?.postMessage(message)));
} else {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<HelperData>) => void;
    postMessage(message: string): void;
  };
  scope.onmessage = ({ data }) => work(data, (message) => scope.postMessage(message));
}
