import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { cosineDecay } from '../../examples/lib/cosine-decay.js';

const rateOf = (optimizer: tf.Optimizer) => optimizer.getConfig().learningRate as number;

/** The rates of some steps. */
async function ratesOf(optimizer: tf.Optimizer, steps: number, startStep?: number): Promise<number[]> {
  const decay = cosineDecay(optimizer, 0.2, 4, startStep);
  const rates: number[] = [];
  for (let step = 0; step < steps; step++) {
    await decay.onBatchBegin();
    rates.push(rateOf(optimizer));
  }
  return rates;
}

describe('cosine decay', () => {
  it.each([
    ['adam', () => tf.train.adam(0.2)],
    ['sgd', () => tf.train.sgd(0.2)],
  ])('of %s goes from the rate over its half towards 0', async (_, make) => {
    const rates = await ratesOf(make(), 4);
    expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual([0.2, 0.170711, 0.1, 0.029289]);
  });

  it('goes on where a run was stopped', async () => {
    const [, , ...rest] = await ratesOf(tf.train.adam(0.2), 4);
    expect(await ratesOf(tf.train.adam(0.2), 2, 2)).toEqual(rest);
  });
});
