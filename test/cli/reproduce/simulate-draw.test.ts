import { describe, expect, it } from 'vitest';
import { roles } from '../../../src/cli/reproduce/reductions.js';
import { runJobs } from '../../../src/cli/reproduce/run-jobs.js';
import { simulateDraw } from '../../../src/cli/reproduce/simulate-draw.js';
import type { Draw } from '../../../src/cli/reproduce/simulations.js';
import { acceleratorsOf, type WayName, ways } from '../../../src/cli/reproduce/ways.js';
import { createAccelerator } from '../../../src/hw/index.js';

const job = { network: 'lenet5', way: 'claims', draw: 0, images: 1, seed: 1 } as const;
const bytes = ({ seconds: _, ...draw }: Draw) => JSON.stringify(draw);

describe('a draw', () => {
  const draw = simulateDraw(job);

  it('has the same bytes from the same seed, and others from another seed or draw', () => {
    expect(bytes(simulateDraw(job))).toBe(bytes(draw));
    expect(bytes(simulateDraw({ ...job, seed: 2 }))).not.toBe(bytes(draw));
    expect(simulateDraw({ ...job, draw: 1 }).accelerators.balanced).not.toEqual(draw.accelerators.balanced);
  });

  it('gives the same multiplications to every accelerator', () => {
    const macs = Object.values(draw.accelerators).map(({ macs }) => macs);
    for (const one of macs) expect(one).toEqual(macs[0]);
  });

  it('has W and G of the sparsity that is declared', () => {
    expect(draw.sparsity.W).toBeCloseTo(ways.claims.sparsity, 1);
    expect(draw.sparsity.G).toBe(draw.sparsity.W);
    for (const role of roles) expect(draw.csrRows[role]).toBeGreaterThanOrEqual(0);
  });

  it('is balanced better by each level', () => {
    const { even, coarse, twoLevel } = draw.balance.balanced;
    expect(even).toBeGreaterThanOrEqual(coarse);
    expect(coarse).toBeGreaterThanOrEqual(twoLevel);
  });

  it('is judged by the bands that the accelerators make, in all their readings: rows are cut where one would be too much', () => {
    expect(Object.keys(draw.balance)).toEqual(['balanced', 'balanced-literal', 'balanced-54', 'balanced-81']);
    expect(draw.balance.balanced.within).toBe(1);
    expect(draw.balance['balanced-literal'].within).toBeLessThan(1);
  });

  it('comes from the pool as it comes without it', async () => {
    const found: string[] = [];
    await runJobs([job, { ...job, draw: 1 }], 1, (_, one) => found.push(bytes(one)));
    expect(found[0]).toBe(bytes(draw));
    expect(found).toHaveLength(2);
  });
});

it.each(Object.keys(ways) as WayName[])('the accelerators of the way "%s" can be built, each under its own name', (way) => {
  const names = acceleratorsOf({ way, draw: 0 }).map((spec) => createAccelerator(spec).spec.name);
  expect(new Set(names).size).toBe(names.length);
});
