import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { withSharedMemory } from '../../kernels/shared-memory.js';

/**
 * Runs what starts the wasm backend of tfjs, which then computes on memory that threads can share, if that is to be had: its own binary,
 * from wherever it is told to take it, but for the declaration of the memory. (tfjs's own threaded binary computes nothing in node, nor
 * where it was bundled.)
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
    const own = await WebAssembly.compile(source);
    const shared = await sharedBackend(own, source);
    // Shared memory has a largest size from the start on, 4 GB, for which some devices have no addresses.
    const instance = shared && (await instantiate(shared, imports).catch(() => undefined));
    return instance ? { module: shared, instance } : { module: own, instance: await instantiate(own, imports) };
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

/** The module on shared memory, if it is that of tfjs's backend and declares its memory as the tested version does. */
async function sharedBackend(module: WebAssembly.Module, binary: BufferSource): Promise<WebAssembly.Module | undefined> {
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === 'register_tensor')) return undefined;
  const shared = withSharedMemory(new Uint8Array(binary as ArrayBuffer));
  return shared && WebAssembly.compile(shared);
}
