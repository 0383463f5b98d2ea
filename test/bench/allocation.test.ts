import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocateRun } from 'tfjs-sparsity/callbacks';
import { createAccelerator } from 'tfjs-sparsity/hw';
import { useBackend } from 'tfjs-sparsity/ops';
import { erdosRenyiAllocation, mapAllocation } from 'tfjs-sparsity/pruning';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accuracySentence, comparisonTable, sparsityTable } from '../../bench/allocation/allocation-tables.js';
import { type AllocatedRun, trainAllocated } from '../../bench/allocation/train-allocated.js';
import type { Settings } from '../../bench/allocation/training.js';
import { warmUp } from '../../bench/allocation/warm-up.js';
import { firstImages } from '../../examples/lib/dataset.js';
import { digits } from '../../examples/lib/datasets/digits.js';

describe('the comparison of allocations', () => {
  const run = (name: string, accuracy: number, cycles: number): AllocatedRun => ({
    ...{ name, accuracy, sparsity: 0.9, costs: { acf: { cycles, energyPj: 2 * cycles } } },
    layers: [{ layer: 'conv', weights: 100, kept: 10, sparsity: 0.9 }],
  });
  const runs = [run('uniform', 0.5, 1000), run('ERK', 0.506, 1200), run('for acf', 0.496, 800), run('for scnn', 0.494, 900)];

  it('holds costs and accuracies against the first one', () => {
    const [, , uniform, erk, own] = comparisonTable(runs)
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(uniform.slice(1, 8)).toEqual(['uniform', '90.00 %', '50.00 %', '0.00', '1 k', '0.0 %', '2 nJ']);
    expect(erk.slice(4, 7)).toEqual(['+0.60', '1.2 k', '-20.0 %']);
    expect(own.slice(4, 9)).toEqual(['-0.40', '800', '20.0 %', '1.6 nJ', '20.0 %']);
    expect(sparsityTable(runs)).toContain('| conv  |     100 |');
  });

  it('says who is within half a point, and how well that can be known', () => {
    const sentence = accuracySentence(runs, 10_000);
    expect(sentence).toContain('ERK above, for acf within, for scnn below');
    expect(sentence).toContain('the standard error of an accuracy is 0.50 points');
  });
});

describe('a network of the comparison', () => {
  const dir = mkdtempSync(join(tmpdir(), 'allocation-'));
  const settings: Settings = {
    ...{
      model: 'lenet5',
      trainImages: 48,
      testImages: 16,
      warmUpEpochs: 1,
      epochs: 1,
      settleEpochs: 1,
      batchSize: 8,
      learningRate: 0.001,
    },
    ...{
      sparsity: 0.8,
      ramp: [0, 0.5],
      range: [0, 0.95],
      per: 'score',
      accelerators: ['acf'],
      recordedSteps: 2,
      images: 2,
      seed: 1,
    },
  };
  beforeAll(async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await useBackend('wasm');
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('has the sparsities of its allocation and the overall sparsity of the others, and is not trained again', async () => {
    const all = await digits(undefined, 1);
    const data = { ...all, train: firstImages(all.train, 48), test: firstImages(all.test, 16) };
    const { model, record, kernels } = await warmUp(settings, data, dir);
    const options = { accelerator: createAccelerator('acf'), kernels, sparsity: 0.8, range: settings.range, lastSteps: 2 };
    const { map, startCost } = await allocateRun(record, { ...options, per: 'score' });
    const own = await trainAllocated('for acf', mapAllocation(map), model, settings, data, dir);
    const erk = await trainAllocated('ERK', erdosRenyiAllocation(), model, settings, data, dir);
    for (const { sparsity, costs } of [own, erk]) {
      expect(sparsity).toBeCloseTo(0.8, 3);
      expect(costs.acf.cycles).toBeLessThan(startCost);
    }
    for (const { layer, sparsity } of own.layers) expect(sparsity).toBeCloseTo(map.sparsities[layer], 2);
    expect(own.costs.acf.cycles).toBeLessThan(erk.costs.acf.cycles);
    model.dispose();

    const again = await warmUp(settings, data, dir);
    expect(again.kernels.map(({ scores }) => scores)).toEqual(kernels.map(({ scores }) => scores));
    // A network that is trained again would need a model to begin with.
    expect(await trainAllocated('ERK', erdosRenyiAllocation(), null as never, settings, data, dir)).toEqual(erk);
    again.model.dispose();
  });
});
