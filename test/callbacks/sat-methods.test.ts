import * as tf from '@tensorflow/tfjs';
import { hardwareCost, pruning } from 'tfjs-sparsity/callbacks';
import { bitsFrom, type LayerTensors, type Phase, type SatOptions, sat, trainingWorks } from 'tfjs-sparsity/hw';
import { attachTap, maskedConv2d, maskedDense, packOp } from 'tfjs-sparsity/ops';
import { bdwp, nm, type PruningMethod } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { tinyData } from './tiny-run.js';

/** Small, so that filling it does not hide what is skipped, and never waiting for memory. */
const array: SatOptions = { rows: 8, cols: 8, dramBytesPerCycle: 1e6 };
const twoOfEight = bdwp({ n: 2, m: 8 });

/** N:M in the forward pass alone; the input gradient multiplies the same weights, whose groups lie the other way. */
const srSte: PruningMethod = {
  ...twoOfEight,
  name: 'sr-ste',
  updateMasks: (kernels, context) =>
    twoOfEight.updateMasks(kernels, context).map(({ forward }) => ({ forward, backward: forward, gradient: null })),
};

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
  return (layer: string, phase: Phase): number => {
    const cycles = [dense, own].map((one) => one?.rows.find((row) => row.layer === layer && row.phase === phase)?.cost.cycles);
    return (cycles[0] as number) / (cycles[1] as number);
  };
}

describe('SAT under real training', () => {
  it('speeds up FP and BP of the pruned layers under BDWP, not WG, and nothing of the layers left dense', async () => {
    const of = await speedups(twoOfEight);
    for (const layer of ['conv', 'hidden']) {
      expect(of(layer, 'forward')).toBeGreaterThan(1.5);
      expect(of(layer, 'inputGradient')).toBeGreaterThan(1.5);
      expect(of(layer, 'weightGradient')).toBe(1);
    }
    for (const phase of ['forward', 'weightGradient'] as const) expect(of('first', phase)).toBe(1);
    for (const phase of ['forward', 'inputGradient', 'weightGradient'] as const) expect(of('head', phase)).toBe(1);
  });

  it('speeds up FP alone under SR-STE', async () => {
    const of = await speedups(srSte);
    for (const layer of ['conv', 'hidden']) {
      expect(of(layer, 'forward')).toBeGreaterThan(1.5);
      expect(of(layer, 'inputGradient')).toBeGreaterThanOrEqual(1);
      expect(of(layer, 'inputGradient')).toBeLessThan(1.1); // what falls into 2:8 the other way by chance
      expect(of(layer, 'weightGradient')).toBe(1);
    }
  });

  it('speeds up nothing under dense training', async () => {
    const of = await speedups(undefined);
    for (const layer of ['first', 'conv', 'hidden', 'head']) {
      for (const phase of ['forward', 'weightGradient', 'weightUpdate'] as const) expect(of(layer, phase)).toBe(1);
    }
  });

  it('speeds up BP alone under SDGP, which has the SORE in the way', async () => {
    const kept: { record: LayerTensors; pruned: Float32Array }[] = [];
    const net = model();
    const tap = attachTap(net, {
      onOp: (op) => {
        if (op.layer !== 'conv') return;
        const shape = (op.E as tf.Tensor).shape;
        const info = { name: 'E', kind: 'conv2d', shape, inputAxis: 3, outputAxis: 0 } as const;
        const errors = (op.E as tf.Tensor).dataSync<'float32'>();
        const mask = nm({ n: 2, m: 8 })(errors.map(Math.abs), info, 0.75);
        kept.push({ record: packOp(op), pruned: errors.map((error, i) => error * (mask[i] as number)) });
      },
    });
    await train(net, []);
    tap.detach();
    expect(kept.length).toBe(4);
    for (const { record, pruned } of kept) {
      const works = trainingWorks([record], { slots: 0, masked: [] }).map((work) =>
        work.phase === 'inputGradient'
          ? { ...work, input: { ...work.input, nonzeros: bitsFrom(pruned, work.input.nonzeros.shape) } }
          : work,
      );
      const [own, dense] = [array, { ...array, n: 8 }].map((options) => sat(options).start().executeStep(works).works);
      const ratio = (phase: Phase) =>
        [dense, own].map((counts) => counts?.find((work) => work.phase === phase)?.cycles as number).reduce((a, b) => a / b);
      expect(ratio('inputGradient')).toBeGreaterThan(1.5);
      expect([ratio('forward'), ratio('weightGradient')]).toEqual([1, 1]);
      const backward = own?.find((work) => work.phase === 'inputGradient');
      expect(backward?.decisions.sparse).toBe('E');
      expect(backward?.idleUnitCycles.reduction).toBeGreaterThan(0);
    }
  });

  it('leaves no tensor', async () => {
    await speedups(twoOfEight);
    await expectNoLeak(async () => {
      await speedups(twoOfEight);
    });
  });
});
