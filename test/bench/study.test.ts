import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { label, type PlannedRun, plannedRuns } from '../../bench/study/plan.js';
import { appendResult, type FinishedRun, readResults, resultOf } from '../../bench/study/results.js';
import { interval, verdict } from '../../bench/study/statistics.js';
import { accuracyTable, orderTable } from '../../bench/study/tables.js';

const folder = mkdtempSync(join(tmpdir(), 'study-'));
afterAll(() => rmSync(folder, { recursive: true }));

const budget = { model: 'lenet5', trainImages: 10, epochs: 1, batchSize: 5, learningRate: 0.1, threads: 1 } as const;
const run = (name: string, seed: number, setting: PlannedRun['setting'] = {}): PlannedRun => ({
  data: 'mnist',
  name,
  setting,
  seed,
  budget,
});
const finished = (planned: PlannedRun, accuracy: number): FinishedRun => ({
  ...planned,
  accuracy,
  loss: 1,
  sparsity: 0.5,
  seconds: 2,
});

describe('the plan of the study', () => {
  it('puts the values of a setting into its method, seed by seed', () => {
    const runs = plannedRuns('mnist');
    expect(runs).toHaveLength(33 * 5);
    expect(runs.slice(0, 3).map(label)).toEqual(['dense', 'one-shot 80 %', 'one-shot 90 %']);
    const gradual = runs.find(({ name, setting }) => name === 'gradual' && setting.sparsity === 0.95);
    expect(gradual?.method).toMatchObject({ name: 'gradual', finalSparsity: 0.95, endStep: 2251 });
    expect(new Set(runs.map((each) => `${label(each)} ${each.seed}`)).size).toBe(runs.length);
  });

  it('refuses a value that no setting gives, and fields that are none', () => {
    const study = (methods: string) =>
      `${['mnist', 'cifar10'].map((data) => `${data}: {model: mlp, trainImages: 1, epochs: 1, batchSize: 1, learningRate: 1, threads: 1, seeds: [1], methods: [${methods}]}`).join('\n')}`;
    expect(() => plannedRuns('mnist', study('{name: a, settings: [{n: 1}], method: {name: x, m: $m}}'))).toThrow('$m');
    expect(() => plannedRuns('mnist', study('{name: a, setings: [{}]}'))).toThrow('setings');
  });
});

describe('results', () => {
  it('come back as they were written, without a last line that was cut short', () => {
    const file = join(folder, 'a.jsonl');
    const [first, second] = [finished(run('dense', 1), 0.9), finished(run('dense', 2), 0.8)];
    appendResult(file, first);
    appendFileSync(file, '{"data":"mn');
    expect(readResults(file)).toEqual([first]);
    appendResult(file, second);
    expect(readResults(file)).toEqual([first, second]);
    expect(readFileSync(file, 'utf8').endsWith('\n')).toBe(true);
  });

  it('that are kept beside the plan are of this plan', () => {
    const kept = readResults('bench/study/mnist.jsonl');
    const found = plannedRuns('mnist').filter((planned) => resultOf(planned, kept));
    expect(found.length).toBe(kept.length);
    expect(kept.length).toBeGreaterThan(0);
  });

  it('of another plan are refused', () => {
    const planned = run('gradual', 1, { sparsity: 0.9 });
    const other = finished({ ...planned, budget: { ...budget, epochs: 9 } }, 0.5);
    expect(resultOf(planned, [finished(planned, 0.5)])?.accuracy).toBe(0.5);
    expect(resultOf(run('gradual', 1, { sparsity: 0.8 }), [other])).toBeUndefined();
    expect(() => resultOf(planned, [other])).toThrow('another file');
  });
});

describe('statistics', () => {
  it('has the interval of 1, 2, 3 by hand: 2 +- 4.303 / sqrt(3)', () => {
    expect(interval([1, 2, 3])).toEqual({ mean: 2, halfWidth: expect.closeTo(2.4843, 4) });
    expect(interval([5]).halfWidth).toBe(Number.POSITIVE_INFINITY);
  });

  it('calls an order separable only where the interval leaves out 0', () => {
    expect(verdict({ mean: 1, halfWidth: 0.5 })).toBe('ordered');
    expect(verdict({ mean: -1, halfWidth: 0.5 })).toBe('reversed');
    expect(verdict({ mean: 1, halfWidth: 1.5 })).toBe('not separable');
    expect(verdict({ mean: 1, halfWidth: Number.POSITIVE_INFINITY })).toBe('not separable');
  });

  it('compares runs of one seed', () => {
    const [planned] = [[1, 2].flatMap((seed) => [run('set', seed, { sparsity: 0.9 }), run('static', seed, { sparsity: 0.9 })])];
    const results = planned.map((each, i) => finished(each, [0.92, 0.9, 0.82, 0.8][i]));
    expect(orderTable(results)).toContain('| set above static | 90 % | Mocanu et al. 2018 | +2.00 ± 0.00 | 2 | ordered |');
    expect(accuracyTable(planned, results)).toContain('| set 90 % | 50.00 | 92.00 | 82.00 | 87.00 |  | 2 |');
  });
});
