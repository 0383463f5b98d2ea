import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../examples/lib/dataset.js';
import type { RunOptions } from '../../examples/lib/options.js';
import { reportPage } from '../../examples/lib/report-page.js';
import type { RunResult } from '../../examples/lib/run-result.js';

const images = { count: 8, pixels: new Uint8Array(8), labels: new Uint8Array(8) };
const data: Dataset = { name: 'digits', imageShape: [1, 1, 1], classes: 2, train: images, test: images };
const options = { model: 'mlp', epochs: 1, batchSize: 4, seed: 1 } as RunOptions;
const dense: RunResult = {
  ...{ name: 'dense', method: 'dense', accuracy: 0.5, loss: 1, seconds: 1 },
  ...{ layers: [], steps: [], masks: [], epochs: [] },
};
const pruned = { ...dense, name: 'gradual 90 %', layers: [{ layer: 'fc', weights: 100, kept: 10, sparsity: 0.9 }] };
const page = (run: RunResult, more: Partial<RunOptions> = {}) => reportPage({ ...options, ...more }, data, [run], 'npm run demo');

describe('the report page', () => {
  it('says which optimizer has trained', () => {
    expect(page(dense)).toContain('batch 4, adam, seed 1.');
    expect(page(dense, { optimizer: { name: 'momentum', learningRate: 0.1 } })).toContain('batch 4, momentum, seed 1.');
  });

  it('speaks of cycles and energy only where there are some', () => {
    const cost = { accelerators: [], series: [] } as unknown as RunResult['cost'];
    expect(page({ ...dense, ...(cost && { cost }) })).toContain('Cycles and energy are modelled from the real tensors');
    expect(page(dense)).not.toMatch(/cycles|energy|modelled/i);
  });

  it('counts zeros only where there are masks', () => {
    expect(page(pruned)).toMatch(/<b>90\.0 %<\/b><span>of the weights are zero<\/span><small>10 of 100 stay/);
    expect(page(dense)).not.toContain('of the weights are zero');
  });
});
