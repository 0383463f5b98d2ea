import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DatasetShape } from '../../examples/lib/dataset.js';
import { methodNames, methods } from '../../examples/lib/methods.js';
import { buildModel, type ModelName, models } from '../../examples/lib/models.js';

beforeAll(() => tf.setBackend('cpu'));

const sets: DatasetShape[] = [
  { imageShape: [28, 28, 1], classes: 10 },
  { imageShape: [32, 32, 3], classes: 100 },
];

describe('networks', () => {
  it.each(Object.keys(models) as ModelName[])('%s fits every data set, and its weights follow from the seed', (name) => {
    for (const data of sets) {
      const sums = [1, 1, 2].map((seed) => {
        const model = buildModel(name, data, seed);
        expect(model.outputShape).toEqual([null, data.classes]);
        expect(model.inputs[0].shape).toEqual([null, ...data.imageShape]);
        const sum = tf.tidy(() => tf.addN(model.getWeights().map((weight) => weight.abs().sum())).dataSync()[0]);
        model.dispose();
        return sum;
      });
      expect(sums[1]).toBe(sums[0]);
      expect(sums[2]).not.toBe(sums[0]);
    }
    expect(tf.memory().numTensors).toBe(0);
  });
});

describe('methods', () => {
  it('have labels of their own', () => {
    expect(methodNames.map((name) => methods[name].label(0.9))).toEqual([
      'dense',
      'gradual 90 %',
      'hardware-aware 90 %',
      'bdwp 2:8',
    ]);
  });

  it.each(methodNames.filter((name) => name !== 'dense'))('%s reaches its sparsity after 60 % of the steps', (name) => {
    for (const totalSteps of [4, 10, 5000]) {
      const schedule = methods[name].make(0.9, totalSteps)?.schedule;
      const last = schedule?.(Math.max(2, Math.round(0.6 * totalSteps)));
      expect(last?.sparsity).toBe(name === 'bdwp' ? 0.75 : 0.9);
    }
  });
});
