import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { withSharedMemory } from '../../kernels/shared-memory.js';

/**
 * Runs what starts the wasm backend of tfjs, which then computes on memory that threads can share: its own binary, from wherever it is told
 * to take it, but for the declaration of the memory. (tfjs's own threaded binary computes nothing in node, nor where it was bundled.)
 *
 * @throws SparsityError when the backend runs already.
 */
export async function onSharedMemory<T>(start: () => Promise<T>): Promise<T> {
  if (tf.engine().registry.wasm) {
    throw new SparsityError({
      what: 'threads of the wasm backend',
      got: 'the wasm backend runs already, on memory of its own',
      expected: 'a backend that did not start yet',
      fix: 'call useBackend before tf.setBackend and all tensors',
    });
  }
  const { instantiate, instantiateStreaming } = WebAssembly;
  const instantiateShared = async (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    if (source instanceof WebAssembly.Module) return instantiate(source, imports);
    const module = await compileShared(source);
    return { module, instance: await instantiate(module, imports) };
  };
  // tfjs neither says where its binary comes from nor lets anybody change it on the way.
  Object.assign(WebAssembly, {
    instantiate: instantiateShared,
    instantiateStreaming: async (response: Response | PromiseLike<Response>, imports?: WebAssembly.Imports) =>
      instantiateShared(await (await response).arrayBuffer(), imports),
  });
  try {
    return await start();
  } finally {
    Object.assign(WebAssembly, { instantiate, instantiateStreaming });
  }
}

/** Compiles a binary; that of tfjs's backend with shared memory, if it declares its memory as the tested version does. */
async function compileShared(binary: BufferSource): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(binary);
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === 'register_tensor')) return module;
  const shared = withSharedMemory(new Uint8Array(binary as ArrayBuffer));
  return shared ? WebAssembly.compile(shared) : module;
}
