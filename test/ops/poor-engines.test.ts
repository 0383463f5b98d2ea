import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isOn } from '../support/backend.js';
import { relativeDifference } from './support/tapped-values.js';

interface Internals {
  readonly wasm: { readonly HEAPU8: Uint8Array };
  incRef: unknown;
}
const internals = () => tf.backend() as unknown as Internals;

/** A module of ours that knows nothing yet of the engine and of the backend. */
async function fresh<Module>(path: string): Promise<Module> {
  vi.resetModules();
  return import(path) as Promise<Module>;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.runIf(isOn('wasm', "it is wasm's engine and heap"))('on an engine or a heap that is not as usual', () => {
  it('a heap that grows during a step moves nothing', async () => {
    const dense = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [32, 32, 4] }),
        tf.layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
        tf.layers.globalMaxPooling2d({}),
        tf.layers.dense({ units: 3 }),
      ],
    });
    const models = [sparsify(dense, { execution: 'sparse' }), sparsify(dense)];
    for (const model of models) {
      model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
      for (const kernel of prunableKernels(model)) {
        const mask = Uint8Array.from(kernel.readKernel(), (_, i) => (i % 4 === 0 ? 1 : 0));
        kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
      }
      const few = [tf.zeros([2, 32, 32, 4]), tf.zeros([2, 3])] as const;
      for (let step = 0; step < 2; step++) await model.trainOnBatch(...few); // into lanes, before the heap has to grow
      tf.dispose([...few]);
    }
    // The heap keeps what it has: leave less of it than the step needs.
    const large = [64, 128].map((batch) => tf.randomNormal([batch, 32, 32, 4], 0, 1, 'float32', batch));
    const sizes = [internals().wasm.HEAPU8.length];
    const losses: number[] = [];
    for (const model of models) {
      for (const x of large) {
        const y = tf.ones([x.shape[0] as number, 3]);
        losses.push((await model.trainOnBatch(x, y)) as number);
        sizes.push(internals().wasm.HEAPU8.length);
        y.dispose();
      }
    }
    expect(sizes[2]).toBeGreaterThan(sizes[0] as number);
    expect(relativeDifference(losses.slice(0, 2), Float64Array.from(losses.slice(2)))).toBeLessThan(1e-5);
    const [lanes, masked] = models.map((model) => model.getWeights().map((w) => w.dataSync<'float32'>()));
    lanes?.forEach((values, i) => {
      expect(relativeDifference(values, Float64Array.from(masked?.[i] as Float32Array))).toBeLessThan(2e-5);
    });
    for (const model of [dense, ...models]) model.dispose();
    tf.dispose(large);
  });

  it('an engine without SIMD is told so', async () => {
    vi.spyOn(WebAssembly, 'Module').mockImplementation(function noSimd() {
      throw new WebAssembly.CompileError('Wasm SIMD unsupported');
    });
    const { heapOf } = await fresh<typeof import('../../src/ops/training-kernels-heap.js')>(
      '../../src/ops/training-kernels-heap.js',
    );
    expect(heapOf(tf.backend())).toMatch(/^this WebAssembly engine has no SIMD, which the kernels need.*Wasm SIMD unsupported/);
  });

  it('internals of tfjs that moved make sparse execution dense, with one warning', async () => {
    const { hasHeap, hasLanes } = await fresh<typeof import('../../src/ops/lanes/on-heap.js')>('../../src/ops/lanes/on-heap.js');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    internals().incRef = undefined;
    try {
      // Who asked for no sparse execution is told nothing.
      expect(hasHeap()).toBe(false);
      expect(warn).not.toHaveBeenCalled();
      expect([hasLanes(), hasLanes()]).toEqual([false, false]);
    } finally {
      delete internals().incRef;
    }
    expect(warn.mock.calls).toEqual([
      ["sparse execution multiplies by masks instead: tfjs's wasm backend has no backend.incRef as the tested version has"],
    ]);
  });
});
