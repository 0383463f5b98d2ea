import { expect, it, vi } from 'vitest';
import { planFile } from '../../src/cli/sweep/plan-sources.js';
import { sweepPlan } from '../../src/cli/sweep/sweep-plan.js';
import { sweepPoints } from '../../src/cli/sweep/sweep-points.js';

const current = vi.hoisted(() => ({ version: '1.0.0' }));
vi.mock('../../src/cli/version.js', () => ({
  get version() {
    return current.version;
  },
}));

const idsOf = async (text: string) => (await sweepPoints(sweepPlan(planFile(text, 'sweep.yaml')))).map(({ id }) => id);

it('points of two versions have different ids, as their costs may differ', async () => {
  const text = 'network: lenet5\naccelerators: [acf, {preset: balanced, pes: 5}]'; // the second is a point without costs
  const first = await idsOf(text);
  current.version = '1.0.1';
  const second = await idsOf(text);
  expect(new Set([...first, ...second]).size).toBe(4);
  current.version = '1.0.0';
  expect(await idsOf(text)).toEqual(first);
});

it('a random search for all points but one finds different ones with any seed', async () => {
  const plan = 'network: lenet5\naccelerators: [{preset: dense-array, rows: {from: 1, to: 20, step: 1}}]';
  const missing = new Set<string>();
  const all = await idsOf(plan);
  for (let seed = 1; seed <= 50; seed++) {
    const drawn = await idsOf(`search: random\npoints: 19\nsearchSeed: ${seed}\n${plan}`);
    expect(new Set(drawn).size).toBe(19);
    for (const id of all) if (!drawn.includes(id)) missing.add(id);
  }
  expect(missing.size).toBeGreaterThan(10); // of 20: any of them may be left out
});
