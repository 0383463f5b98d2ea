import { expect, it } from 'vitest';
import { bestKernelBuild } from '../../src/kernels/index.js';
import { withSharedMemory } from '../../src/kernels/shared-memory.js';
import { kernelModule } from '../../src/kernels/wasm-functions.js';

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

it('declares the memory of a module as shared, with and without a maximum', () => {
  expect(withSharedMemory(Uint8Array.from([...header, 5, 3, 1, 0, 1]))?.slice(8)).toEqual(
    Uint8Array.of(5, 6, 1, 3, 1, 0x80, 0x80, 4),
  );
  const own = Uint8Array.from([...header, 5, 4, 1, 1, 1, 9, 7, 8, 1, 1, 0x6d, 2, 0]);
  expect(withSharedMemory(own)?.slice(8, 16)).toEqual(Uint8Array.of(5, 6, 1, 3, 1, 0x80, 0x80, 4));
  expect(withSharedMemory(own)?.slice(16)).toEqual(Uint8Array.of(7, 8, 1, 1, 0x6d, 2, 0));
});

it('gives nothing for a module without a memory, or with a shared one', () => {
  expect(withSharedMemory(Uint8Array.from(header))).toBeUndefined();
  expect(withSharedMemory(Uint8Array.from([...header, 5, 4, 1, 3, 1, 9]))).toBeUndefined();
});

it('lets the kernels run on shared memory only, and on memory of one thread only', () => {
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const own = new WebAssembly.Memory({ initial: 1 });
  const build = bestKernelBuild();
  const instance = (memory: WebAssembly.Memory, module: WebAssembly.Module) =>
    new WebAssembly.Instance(module, { env: { memory } });
  expect(Object.keys(instance(shared, kernelModule(build, true)).exports)).toEqual(
    Object.keys(instance(own, kernelModule(build, false)).exports),
  );
  expect(() => instance(shared, kernelModule(build, false))).toThrow(WebAssembly.LinkError);
  expect(() => instance(own, kernelModule(build, true))).toThrow(WebAssembly.LinkError);
});
