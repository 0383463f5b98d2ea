import * as tf from '@tensorflow/tfjs';
import { type LayerPolicy, sparsify, sparsifyReport } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';

function report(policy: LayerPolicy): { masked: readonly string[]; reasons: Record<string, string> } {
  const dense = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'first', units: 4, inputShape: [3] }),
      tf.layers.dense({ name: 'middle', units: 8 }),
      tf.layers.dense({ name: 'last', units: 2 }),
    ],
  });
  const model = sparsify(dense, policy);
  const { masked, skipped } = sparsifyReport(model);
  for (const m of [dense, model]) m.dispose();
  return { masked, reasons: Object.fromEntries(skipped.map(({ layer, reason }) => [layer, reason])) };
}

describe('a layer policy', () => {
  it('takes every layer by default', () => {
    expect(report({})).toEqual({ masked: ['first', 'middle', 'last'], reasons: {} });
  });

  it('includes and excludes by name, pattern and test', () => {
    expect(report({ include: 'middle' })).toEqual({
      masked: ['middle'],
      reasons: { first: 'policy.include does not name it', last: 'policy.include does not name it' },
    });
    expect(report({ exclude: [/st$/, (layer) => layer.countParams() > 30] })).toEqual({
      masked: [],
      reasons: { first: 'policy.exclude names it', middle: 'policy.exclude names it', last: 'policy.exclude names it' },
    });
  });

  it('skips small kernels, the first and the last, and says so', () => {
    expect(report({ minWeights: 13 })).toEqual({
      masked: ['middle', 'last'],
      reasons: { first: 'its kernel has 12 weights, fewer than policy.minWeights = 13' },
    });
    expect(report({ skipFirst: true, skipLast: true })).toEqual({
      masked: ['middle'],
      reasons: {
        first: 'it is the first prunable layer, and policy.skipFirst is set',
        last: 'it is the last prunable layer, and policy.skipLast is set',
      },
    });
  });

  it.each([
    [{ exclude: 'lst' }, /^policy\.exclude: got lst, expected the name of a layer: first, middle, last\. Did you mean last;/],
    [{ include: ['first', 'midle'] }, /^policy\.include: got midle, .*Did you mean middle;/],
    [{ include: 7 as unknown as string }, /^policy\.include: got 7, expected the name of a layer/],
  ])('refuses a name that no layer has: %o', (policy, message) => {
    expect(() => report(policy)).toThrow(message);
  });
});
