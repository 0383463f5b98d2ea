import * as tf from '@tensorflow/tfjs';
import { hardwareCost, pruning } from 'tfjs-sparsity/callbacks';
import { type Phase, type SatOptions, sat } from 'tfjs-sparsity/hw';
import { maskedConv2d, maskedDense } from 'tfjs-sparsity/ops';
import { bdwp, type PruningMethod, sdgp, sdwp, srSte } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { tinyData } from './tiny-run.js';

/** Small, so that filling it does not hide what is skipped, and never waiting for memory. */
const array: SatOptions = { rows: 8, cols: 8, dramBytesPerCycle: 1e6 };
const twoOfEight = bdwp({ n: 2, m: 8 });

function model(): tf.Sequential {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });
  const conv = { filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  const layers = [
    maskedConv2d({ name: 'first', ...conv, ...initializer(1), inputShape: [6, 6, 2] }),
    maskedConv2d({ name: 'conv', ...conv, ...initializer(2) }),
    tf.layers.flatten(),
    maskedDense({ name: 'hidden', units: 16, activation: 'relu', ...initializer(3) }),
    maskedDense({ name: 'head', units: 3, activation: 'softmax', ...initializer(4) }),
  ];
  const net = tf.sequential({ layers });
  net.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  return net;
}

async function train(net: tf.Sequential, callbacks: readonly object[]): Promise<void> {
  const { xs, ys } = tinyData(8);
  const args = { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 } as const;
  await net.fit(xs, ys, { ...args, callbacks: callbacks as tf.Callback[] });
  tf.dispose([xs, ys]);
  net.dispose();
}

/** How much faster the dense mode's phases of a layer are on real tensors of a training by a method. */
async function speedups(method: PruningMethod | undefined) {
  const cost = hardwareCost({ accelerators: [sat(array), sat({ ...array, name: 'dense', n: 8 })], workers: 0 });
  await train(model(), method ? [pruning(method), cost] : [cost]);
  const [own, dense] = (await cost.report()).accelerators;
  const rowOf = (one: typeof own, layer: string, phase: Phase) =>
    one?.rows.find((row) => row.layer === layer && row.phase === phase);
  return {
    of(layer: string, phase: Phase): number {
      const cycles = [dense, own].map((one) => rowOf(one, layer, phase)?.cost.cycles);
      return (cycles[0] as number) / (cycles[1] as number);
    },
    /** How often which operand was the N:M one. */
    decisions: (layer: string, phase: Phase) => rowOf(own, layer, phase)?.decisions.sparse,
  };
}

describe('SAT under real training', () => {
  it('speeds up FP and BP of the pruned layers under BDWP, not WG, and nothing of the layers left dense', async () => {
    const { of } = await speedups(twoOfEight);
    for (const layer of ['conv', 'hidden']) {
      expect(of(layer, 'forward')).toBeGreaterThan(1.5);
      expect(of(layer, 'inputGradient')).toBeGreaterThan(1.5);
      expect(of(layer, 'weightGradient')).toBe(1);
    }
    for (const phase of ['forward', 'weightGradient'] as const) expect(of('first', phase)).toBe(1);
    for (const phase of ['forward', 'inputGradient', 'weightGradient'] as const) expect(of('head', phase)).toBe(1);
  });

  it('speeds up FP alone under SR-STE', async () => {
    const { of } = await speedups(srSte({ n: 2, m: 8, exclude: ['head'] }));
    for (const layer of ['conv', 'hidden']) {
      expect(of(layer, 'forward')).toBeGreaterThan(1.5);
      expect(of(layer, 'inputGradient')).toBeGreaterThanOrEqual(1);
      expect(of(layer, 'inputGradient')).toBeLessThan(1.1); // what falls into 2:8 the other way by chance
      expect(of(layer, 'weightGradient')).toBe(1);
    }
  });

  it('speeds up nothing under dense training', async () => {
    const { of } = await speedups(undefined);
    for (const layer of ['first', 'conv', 'hidden', 'head']) {
      for (const phase of ['forward', 'weightGradient', 'weightUpdate'] as const) expect(of(layer, phase)).toBe(1);
    }
  });

  it('speeds up BP alone under SDGP, which has the SORE in the way', async () => {
    const { of, decisions } = await speedups(sdgp({ n: 2, m: 8 }));
    for (const layer of ['conv', 'hidden']) {
      expect(of(layer, 'inputGradient')).toBeGreaterThan(1.5);
      expect([of(layer, 'forward'), of(layer, 'weightGradient')]).toEqual([1, 1]);
      expect(decisions(layer, 'inputGradient')).toEqual({ E: 4 });
    }
    expect(of('head', 'inputGradient')).toBe(1);
  });

  it('speeds up BP alone under SDWP, by W, which is made N:M before', async () => {
    const { of, decisions } = await speedups(sdwp({ n: 2, m: 8 }));
    for (const layer of ['conv', 'hidden']) {
      expect(of(layer, 'inputGradient')).toBeGreaterThan(1.5);
      expect([of(layer, 'forward'), of(layer, 'weightGradient')]).toEqual([1, 1]);
      expect(decisions(layer, 'inputGradient')).toEqual({ W: 4 });
    }
  });

  it('leaves no tensor', async () => {
    await speedups(twoOfEight);
    await expectNoLeak(async () => {
      await speedups(twoOfEight);
    });
  });
});
