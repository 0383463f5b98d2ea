import { instantiateKernels, type KernelBuild, type Pointer } from '../../src/kernels/index.js';
import { createControl, hire } from '../../src/kernels/kernel-crew.js';

/** Kernels on a small memory of their own, with a bump allocator: outputs start at 0, unused bytes are NaN. */
export function createArena(build: KernelBuild) {
  const memory = new WebAssembly.Memory({ initial: 64 });
  // One of the builds works in parts, as with a helper; here the caller takes all of them.
  if (build === 'relaxed') hire(memory, 1, createControl());
  const floats = new Float32Array(memory.buffer);
  floats.fill(Number.NaN);
  let top = 64;
  const room = (bytes: number): Pointer => {
    const at = top;
    top += bytes + ((64 - (bytes % 64)) % 64) + 64;
    return at;
  };
  return {
    kernels: instantiateKernels(memory, build),
    memory,
    room,
    put(values: ArrayLike<number>): Pointer {
      const at = room(4 * values.length);
      floats.set(values, at / 4);
      return at;
    },
    putWords(values: Uint32Array): Pointer {
      const at = room(4 * values.length);
      new Uint32Array(memory.buffer).set(values, at / 4);
      return at;
    },
    zeros(length: number): Pointer {
      const at = room(4 * length);
      floats.fill(0, at / 4, at / 4 + length);
      return at;
    },
    read: (at: Pointer, length: number): Float32Array => floats.slice(at / 4, at / 4 + length),
  };
}

/** Largest difference over the largest magnitude of what is expected; NaN and infinities have to stand in the same places. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let scale = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(got[i], expected[i])) continue;
    if (!Number.isFinite(expected[i]) || !Number.isFinite(got[i])) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, Math.abs(got[i] - expected[i]));
  }
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]));
  return worst / scale;
}
