import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { resolveLogs, SparsityCallback } from '../../src/callbacks/base-callback.js';
import { expectNoLeak } from '../support/no-leak.js';

class Probe extends SparsityCallback {
  readonly events: string[] = [];
  losses: unknown[] = [];
  failures: unknown[] = [];
  constructor(
    private readonly name = 'probe',
    private readonly order: string[] = [],
    override readonly place = 0,
  ) {
    super();
  }
  override async onTrainBegin() {
    this.order.push(this.name);
    this.events.push(`begin ${this.trainedModel().name} ${this.peers.length}`);
  }
  override async onBatchEnd(batch: number, logs?: object) {
    this.losses.push((await resolveLogs(logs)).loss);
    await super.onBatchEnd(batch, logs);
  }
  override async release(failure?: unknown) {
    this.failures.push(failure);
  }
}

function tiny() {
  const model = tf.sequential({ name: 'tiny', layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

const xs = () => tf.ones([8, 2]);
const ys = () => tf.zeros([8, 1]);

function plain(order: string[] = []) {
  const seen: unknown[] = [];
  return {
    seen,
    onTrainBegin: async () => {
      order.push('plain');
    },
    onBatchEnd: async (_: number, logs?: tf.Logs) => {
      seen.push(logs?.loss);
    },
  };
}

/** All orders of a list. */
function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((one, i) => permutations([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [one, ...rest]));
}

describe('callbacks of one array', () => {
  const kinds = ['ours', 'plain', 'earlyStopping', 'ours too'] as const;

  it.each(permutations(kinds).map((order) => [order.join(', '), order] as const))('work in the order %s', async (_, order) => {
    const model = tiny();
    const [x, y] = [xs(), ys()];
    const [first, second, object] = [new Probe(), new Probe(), plain()];
    const stop = tf.callbacks.earlyStopping({ monitor: 'loss', patience: 1, baseline: -1 });
    const made = { ours: first, plain: object, earlyStopping: stop, 'ours too': second };
    await expectNoLeak(async () => {
      const callbacks = order.map((kind) => made[kind]) as tf.Callback[];
      const history = await model.fit(x, y, { epochs: 5, batchSize: 4, callbacks, verbose: 0 });
      expect(history.epoch.length).toBe(1); // early stopping has its model and stopped after one epoch
    });
    for (const probe of [first, second]) {
      expect(probe.step).toBe(2);
      expect(probe.losses.every((loss) => typeof loss === 'number')).toBe(true);
      expect(probe.failures).toEqual([undefined]);
      expect(probe.events[0]).toMatch(/ 4$/);
    }
    expect(object.seen).toEqual(first.losses);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('run by place, whatever the array says, and equal places in its order', async () => {
    const model = tiny();
    const order: string[] = [];
    const callbacks = [new Probe('last', order, 2), plain(order), new Probe('middle', order), new Probe('first', order, -2)];
    await model.fit(xs(), ys(), { epochs: 1, callbacks: callbacks as tf.Callback[], verbose: 0 });
    expect(order).toEqual(['first', 'plain', 'middle', 'last']);
  });

  it('work alone, without an array, and with fitDataset', async () => {
    const model = tiny();
    const probe = new Probe();
    await model.fit(xs(), ys(), { epochs: 1, batchSize: 4, callbacks: probe, verbose: 0 });
    expect(probe.step).toBe(2);
    const dataset = tf.data.array([0, 1, 2]).map(() => ({ xs: tf.ones([4, 2]), ys: tf.zeros([4, 1]) }));
    await model.fitDataset(dataset, { epochs: 2, callbacks: [plain(), probe] as tf.Callback[], verbose: 0 });
    expect(probe.step).toBe(8);
  });

  it('are released with the error when training throws, and the first error is the one that arrives', async () => {
    const model = tiny();
    const probe = new Probe();
    probe.release = async (failure) => {
      probe.failures.push(failure);
      throw new Error('cleaning up failed');
    };
    const fail = { onBatchEnd: async () => Promise.reject(new Error('batch failed')) };
    const fit = model.fit(xs(), ys(), { epochs: 1, callbacks: [probe, fail] as tf.Callback[], verbose: 0 });
    await expect(fit).rejects.toThrow('batch failed');
    expect(String(probe.failures)).toBe('Error: batch failed');
  });

  it('give the event loop its turn, as yieldEvery says', async () => {
    const model = tiny();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const slow = new (class extends Probe {
      override async onBatchBegin() {
        for (const end = performance.now() + 5; performance.now() < end; );
      }
    })();
    await model.fit(xs(), ys(), { epochs: 5, batchSize: 4, yieldEvery: 'batch', callbacks: [slow], verbose: 0 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(8);
  });

  it('leave other calls alone: an array that tfjs itself rejects is still rejected', async () => {
    const callbacks = [tf.callbacks.earlyStopping({ monitor: 'loss' }), plain()] as tf.Callback[];
    await expect(tiny().fit(xs(), ys(), { callbacks, verbose: 0 })).rejects.toThrow('setParams');
  });

  it('keep their hooks bound, so that one can be taken off', async () => {
    const probe = new Probe();
    const { onBatchEnd } = probe;
    await onBatchEnd(0, {});
    expect(probe.step).toBe(1);
  });
});
