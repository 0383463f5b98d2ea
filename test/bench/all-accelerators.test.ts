import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccelerator, createEstimator, denseNest, onesBits, type UpdateWork } from 'tfjs-sparsity/hw';
import { useBackend } from 'tfjs-sparsity/ops';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { costTables } from '../../bench/accelerators/cost-tables.js';
import { answerText, expectation000, type Gain } from '../../bench/accelerators/expectation-000.js';
import { costsOn, estimateOn, type MachineCosts, type Steps } from '../../bench/accelerators/machine-costs.js';
import { budgets, trainedSteps } from '../../bench/accelerators/trained-steps.js';
import { digits } from '../../examples/lib/datasets/digits.js';
import { phases, workOf } from '../hw/support/small-works.js';

const nest = denseNest({ batch: 16, inFeatures: 200, outFeatures: 60 });

/** Two steps of a layer whose weights have a density. */
function stepsOf(kept: number): Steps {
  return [3, 4].map((seed) => {
    const gemms = phases.map((phase) =>
      workOf(nest, phase, { input: 0.5, kernel: phase === 'weightGradient' ? 0.5 : kept }, seed),
    );
    const { kernel } = workOf(nest, 'forward', { input: 1, kernel: kept }, seed);
    const update: UpdateWork = {
      ...{ kind: 'update', layer: 'layer', phase: 'weightUpdate', slots: 2, masked: true },
      weights: { role: 'W', source: 'layer', nonzeros: kept === 1 ? onesBits(kernel.nonzeros.shape) : kernel.nonzeros },
    };
    return [...gemms, update];
  });
}

const [dense, pruned] = [stepsOf(1), stepsOf(0.1)];
const machines = ['dense-array', 'acf', 'tactical-t8-2-5'].map(
  (name) => costsOn(createAccelerator(name), pruned) as MachineCosts,
);

describe('the table of all accelerators', () => {
  it('has phases that add up to the mean step', () => {
    for (const { byPhase, total } of machines) {
      const parts = Object.values(byPhase);
      expect(parts.reduce((sum, { cycles }) => sum + cycles, 0)).toBeCloseTo(total.cycles, 6);
      expect(parts.reduce((sum, { energyPj }) => sum + energyPj, 0) / total.energyPj).toBeCloseTo(1, 9);
    }
    const accelerator = createAccelerator('dense-array');
    const [first, second] = pruned.map((works) => {
      return accelerator
        .start()
        .executeStep(works)
        .works.reduce((sum, { cycles }) => sum + cycles, 0);
    });
    expect(machines[0].total.cycles).toBe((first + second) / 2);
  });

  it('is Markdown of 100 columns at most, gains in it over the baseline', () => {
    const estimates = [estimateOn(createEstimator('a100-80gb-fp16'), pruned)];
    const text = costTables(machines, estimates, machines[0], { acf: machines[0].total.cycles });
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    const [, first] = /\| dense-array +\|.*\| +(\S+) \| +\S+ \|\n/.exec(text) ?? [];
    const [, , same] = /\| acf +\|.*\| +(\S+) \| +(\S+) \|\n/.exec(text) ?? [];
    expect([first, same]).toEqual(['1.00x', '1.00x']);
  });
});

describe('the answer to the expectation of 000', () => {
  const answer = expectation000(dense, { 'gradual 90 %': pruned }, ['gradual 90 %']);

  it('is against the dense network, and a dense weight gradient gains less', () => {
    const [masked, denseGradient] = answer.overDenseArray;
    const base = costsOn(createAccelerator('dense-array'), dense) as MachineCosts;
    const own = costsOn(createAccelerator('acf'), pruned) as MachineCosts;
    expect(masked.time).toBe(base.total.cycles / own.total.cycles);
    expect(masked.energy).toBe(base.total.energyPj / own.total.energyPj);
    expect(denseGradient.time).toBeLessThan(masked.time);
    for (const parts of Object.values(answer.energyShares)) {
      expect(Object.values(parts).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    }
    expect(Object.values(answer.phaseShares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('is in words that follow from the figures', () => {
    const gain = (time: number, energy: number): Gain => ({ network: 'n', time, timeUnlimited: 4, energy, energyOnChip: 1 });
    const words = (one: Gain) => answerText({ ...answer, overDenseArray: [one] }).replaceAll('\n', ' ');
    expect(words(gain(2.99, 5))).toContain(
      'n: 2.99x (below) faster, 4.00x (within) with unlimited bandwidth; 5.00x less energy (within)',
    );
    expect(words(gain(5.01, 10.1))).toContain(
      'n: 5.01x (above) faster, 4.00x (within) with unlimited bandwidth; 10.1x less energy (above)',
    );
  });
});

describe('a trained network of the table', () => {
  const out = mkdtempSync(join(tmpdir(), 'accelerators-'));
  beforeAll(async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await useBackend('wasm');
  });
  afterAll(() => rmSync(out, { recursive: true }));

  it('has final masks in its steps, and is not trained again', async () => {
    const data = await digits(undefined, 1);
    const training = { data: 'digits', budget: budgets.smoke, seed: 1, out } as const;
    const first = await trainedSteps('gradual 90 %', training, data);
    const recorded = statSync(first.record).mtimeMs;
    expect(first.steps.length).toBe(budgets.smoke.recordedSteps);
    expect(first.sparsity).toBeCloseTo(0.9, 3);
    for (const work of first.steps.flat()) if (work.kind === 'update') expect(work.masked).toBe(true);
    const again = await trainedSteps('gradual 90 %', training, data);
    expect(again).toEqual(first);
    expect(statSync(again.record).mtimeMs).toBe(recorded);
  });
});
