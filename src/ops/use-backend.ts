import * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { bestKernelBuild, type KernelBuild } from '../kernels/index.js';
import { checkChoice } from '../pruning/check.js';
import { registerFileHandler } from './file-handler.js';
import { importNode, isNode } from './node-modules.js';
import { startKernelThreads, threadCount, threadsObstacle } from './threads/kernel-threads.js';
import { onSharedMemory } from './threads/shared-backend.js';
import { registerTrainingKernels } from './training-kernels.js';
import { memoryOf } from './training-kernels-heap.js';

/** A backend that {@link useBackend} can choose. */
export type BackendName = 'wasm' | 'tensorflow' | 'cpu';

/** Options of {@link useBackend}. */
export interface UseBackendOptions {
  /**
   * How the masked layers will run: `dense` multiplies by masks, where tfjs-node is fastest; `sparse` skips the zeros, which only the
   * wasm kernels do. It decides what `auto` means.
   * @default 'sparse'
   */
  readonly execution?: 'dense' | 'sparse';
  /**
   * Build of the wasm kernels. `auto`: `relaxed` where the engine has relaxed SIMD, in node 20 by a V8 flag that this call sets for the
   * process. Relaxed kernels may fuse multiply and add: on one machine the same seed gives the same bits, between machines the last bits
   * may differ. `strict` gives the same bits on every machine, at some cost in time.
   * @default 'auto'
   */
  readonly simd?: 'auto' | KernelBuild;
  /**
   * Threads that the kernels of the wasm backend compute on, 1 to 8, the caller's among them, from its start on. All results are those
   * of one thread, bit for bit. The others look for work for a while before they sleep, which takes time from other programs. In a browser
   * the page has to be cross-origin isolated; where threads are not to be had, the line says why, and all is computed on one.
   * @default 1, or what the backend was started with
   */
  readonly threads?: number;
  /**
   * Receives the one line that says what was chosen.
   * @default console.log
   */
  readonly log?: (line: string) => void;
}

/**
 * Chooses the tfjs backend and makes it ready to train. `auto`: tensorflow (tfjs-node) when it loads and `execution` is `dense`; else
 * wasm, with the gradient kernels that it lacks; cpu as the last resort. Returns the name of the backend. In a browser, tell wasm where
 * its binaries are first: `setWasmPaths` of tfjs-backend-wasm.
 *
 * @throws SparsityError for a name or an option that does not exist (also webgl and webgpu: `tf.setBackend` sets them, without sparse
 * kernels), when a backend asked for by name does not load, and for a tfjs other than 4.22.
 * @example
 * ```ts
 * await useBackend('auto'); // prints "backend wasm, with the gradient kernels for training, relaxed SIMD (tfjs 4.22.0)"
 * ```
 */
export async function useBackend(name: 'auto' | BackendName = 'auto', options: UseBackendOptions = {}): Promise<BackendName> {
  checkName(name);
  checkOptionNames('useBackend', options, { execution: true, simd: true, threads: true, log: true });
  const { execution = 'sparse', simd = 'auto', threads, log = console.log } = options;
  checkChoice('useBackend.execution', execution, ['dense', 'sparse']);
  checkChoice('useBackend.simd', simd, ['auto', 'strict', 'relaxed']);
  if (threads !== undefined) checkThreads(threads);
  checkTfjsVersion(tf.version.tfjs);
  if (tf.env().getBool('IS_NODE')) registerFileHandler();
  const candidates = name === 'auto' ? automatic(execution) : [name];
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      const remark = await loaders[candidate]({ simd, threads });
      log(`backend ${candidate}, ${remark} (tfjs ${tf.version.tfjs})${failures.map((line) => `; ${line}`).join('')}`);
      return candidate;
    } catch (cause) {
      const failure = firstLine(cause);
      if (name !== 'auto') throw notLoaded(candidate, failure);
      failures.push(`${candidate} did not load: ${failure}`);
    }
  }
  throw notLoaded(name, failures.join('; '));
}

function checkThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 8) return;
  const fix = 'pass {threads: 2} where two cores are free';
  throw new SparsityError({ what: 'useBackend.threads', got: threads, expected: 'an integer from 1 to 8', fix });
}

function checkName(name: string): void {
  if (name === 'webgl' || name === 'webgpu') {
    throw new SparsityError({
      what: 'backend',
      got: name,
      expected: `one of ${choices.join(', ')}: the sparse kernels run on wasm only`,
      fix: `call useBackend('wasm'), or tf.setBackend('${name}') instead, where masked layers are plain tfjs operations, not tested there`,
    });
  }
  checkChoice('backend', name, choices);
}

function automatic(execution: 'dense' | 'sparse'): readonly BackendName[] {
  const native = execution === 'dense' && tf.env().getBool('IS_NODE');
  return native ? ['tensorflow', 'wasm', 'cpu'] : ['wasm', 'cpu'];
}

/** What to look at in a browser, where tfjs fetches its binary from beside the script. */
const notServed = ' (are its .wasm files served? setWasmPaths of @tensorflow/tfjs-backend-wasm says where they are)';

interface WasmOptions {
  readonly simd: 'auto' | KernelBuild;
  readonly threads: number | undefined;
}

/** Each loads its backend and says what it is; an error says why it did not load. */
const loaders: Readonly<Record<BackendName, (options: WasmOptions) => Promise<string>>> = {
  async wasm({ simd, threads }) {
    await import('@tensorflow/tfjs-backend-wasm');
    // In a cross-origin isolated page tfjs would take its threaded binary, whose threads never answer where it was bundled.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (simd !== 'strict' && bestKernelBuild() === 'strict') await enableRelaxedSimd();
    const running = runningMemory();
    let obstacle = threads && threads > 1 ? threadsObstacle() : undefined;
    const wanted = obstacle ? 1 : (threads ?? threadCount(running));
    const start = () => tf.setBackend('wasm');
    if (!(await (wanted === threadCount(running) ? start() : onSharedMemory(start)))) {
      throw new Error(`its WebAssembly module did not start${isNode() ? '' : notServed}`);
    }
    await tf.ready();
    const memory = runningMemory();
    if (!running && memory && wanted > 1) obstacle = await startKernelThreads(memory, wanted);
    const { build, message } = registerTrainingKernels({ simd });
    const crew = obstacle ? `, one thread: ${obstacle}` : threadCount(memory) > 1 ? `, ${threadCount(memory)} threads` : '';
    return build ? `with the gradient kernels for training, ${build} SIMD${crew}` : message;
  },
  async tensorflow() {
    await importNode('@tensorflow/tfjs-node');
    if (!(await tf.setBackend('tensorflow'))) throw new Error('its native addon did not start');
    return 'native (tfjs-node)';
  },
  async cpu() {
    if (!(await tf.setBackend('cpu'))) throw new Error('tfjs has no cpu backend');
    return 'plain JavaScript: slow';
  },
};

/** The memory of the wasm backend, where it runs and is as tested. */
function runningMemory(): WebAssembly.Memory | undefined {
  const backend = tf.engine().registry.wasm;
  return backend && memoryOf(backend as unknown as Parameters<typeof memoryOf>[0]);
}

/** In node 20 relaxed SIMD is complete but behind a flag, which holds for modules that are compiled from now on. */
async function enableRelaxedSimd(): Promise<void> {
  if (!tf.env().getBool('IS_NODE')) return;
  const { setFlagsFromString } = await importNode<typeof import('node:v8')>('node:v8');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

const choices = ['auto', ...Object.keys(loaders)];

function notLoaded(name: string, reason: string): SparsityError {
  const fix =
    name === 'tensorflow'
      ? "install it with `npm install @tensorflow/tfjs-node@4.22.0`, or where its download is blocked with `npm run setup:tfjs-node`; useBackend('wasm') needs neither"
      : "call useBackend('cpu'), which always loads";
  return new SparsityError({ what: `backend ${name}`, got: reason, expected: 'a backend that loads', fix });
}

/** Private parts of tfjs are used, so only the tested range is accepted. */
export function checkTfjsVersion(version: string): void {
  if (/^4\.22\.\d/.test(version)) return;
  const fix = 'run `npm install @tensorflow/tfjs@4.22.0`';
  throw new SparsityError({ what: 'version of @tensorflow/tfjs', got: version, expected: '4.22.x, the tested range', fix });
}

/** The first line of an error, without the path that node adds for a module that is not there. */
function firstLine(cause: unknown): string {
  const [line] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1) as [string];
  return line.replace(/ imported from .*/, '');
}
