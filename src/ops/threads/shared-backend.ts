import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { withSharedMemory } from '../../kernels/shared-memory.js';
import { importNode, nodeFs } from '../node-modules.js';

const binaries = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];

/**
 * Has the wasm backend of tfjs start on memory that threads can share: its SIMD binary as it is, but for the declaration of its memory.
 * (tfjs's own threaded binary computes nothing in node.)
 *
 * @throws SparsityError when threads are not to be had: outside node, and when the backend runs already.
 */
export async function shareWasmMemory(): Promise<void> {
  if (!tf.env().getBool('IS_NODE')) {
    throw notShared('this is not node', 'train on one thread here');
  }
  if (tf.engine().registry.wasm) {
    throw notShared(
      'the wasm backend runs already, on memory of its own',
      'call useBackend before tf.setBackend and all tensors',
    );
  }
  const { createRequire } = await importNode<typeof import('node:module')>('node:module');
  const path = createRequire(import.meta.url).resolve(`@tensorflow/tfjs-backend-wasm/dist/${binaries[1]}`);
  const { readFile } = await nodeFs();
  const shared = withSharedMemory(await readFile(path));
  if (!shared) throw notShared("tfjs's binary does not declare its memory as the tested version does", 'train on one thread');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const url = `data:application/wasm;base64,${Buffer.from(shared).toString('base64')}`;
  setWasmPaths(Object.fromEntries(binaries.map((name) => [name, url])), true);
}

function notShared(got: string, fix: string): SparsityError {
  return new SparsityError({
    what: 'threads of the wasm backend',
    got,
    expected: 'node, and a backend that did not start yet',
    fix,
  });
}
