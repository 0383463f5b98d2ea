import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { planFile } from '../../src/cli/sweep/plan-sources.js';
import { sweepPlan } from '../../src/cli/sweep/sweep-plan.js';
import { sweepPoints } from '../../src/cli/sweep/sweep-points.js';
import { loadNetwork } from '../../src/cli/workload/load-network.js';
import { temporaryDirectory } from '../support/temporary.js';

vi.mock(import('../../src/cli/workload/load-network.js'), async (original) => {
  const module = await original();
  return { ...module, loadNetwork: vi.fn(module.loadNetwork) };
});

it('a sweep reads the file of a network once for each batch, however many sparsities there are, and one at a time', async () => {
  const network = join(await temporaryDirectory(), 'net.csv');
  await writeFile(network, 'Layer, M, N, K\nfirst, 4, 8, 16\n');
  let [atOnce, most] = [0, 0];
  const load = vi.mocked(loadNetwork).getMockImplementation() as typeof loadNetwork;
  vi.mocked(loadNetwork).mockImplementation(async (workload) => {
    most = Math.max(most, ++atOnce);
    return load(workload).finally(() => atOnce--);
  });
  const text = `network: ${network}\nbatch: [2, 4]\nweightSparsity: {from: 0, to: 0.9, step: 0.1}\naccelerators: [acf]`;
  const points = await sweepPoints(sweepPlan(planFile(text, 'sweep.yaml')));
  expect(points.length).toBe(20);
  expect(vi.mocked(loadNetwork).mock.calls.map(([{ batch }]) => batch)).toEqual([2, 4]);
  expect(most).toBe(1);
});
