import { denseNest, type PhaseWork } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { ablationRow, ablationTable } from '../../bench/ablations/results.js';
import { ablations, methodOf, networks, sparsity } from '../../bench/ablations/variants.js';
import { phases, workOf } from '../hw/support/small-works.js';

const nest = denseNest({ batch: 8, inFeatures: 200, outFeatures: 60 });
const step: PhaseWork[] = phases.map((phase) => workOf(nest, phase, { input: 0.5, kernel: 0.3 }, 3));
step.push({
  kind: 'update',
  layer: 'layer',
  phase: 'weightUpdate',
  weights: { ...updated(), role: 'W' },
  slots: 2,
  masked: true,
});

function updated() {
  const { kernel } = workOf(nest, 'forward', { input: 1, kernel: 0.3 }, 3);
  return { source: 'layer', nonzeros: kernel.nonzeros };
}

describe('the ablations', () => {
  it('are the four that the paper promises, each with a base to be held against, on networks that are trained', () => {
    const names = ablations.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['interconnect', 'pruning', 'memory controller', 'dataflow']));
    for (const { variants } of ablations) {
      expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
      for (const { network } of variants) expect(networks).toContain(network);
    }
  });

  it('prune all networks to one sparsity', () => {
    const [dense, ...pruned] = networks.map((network) => methodOf(network, 100, ['out']));
    expect(dense).toBeUndefined();
    for (const method of pruned) expect(method?.schedule(100).sparsity).toBe(sparsity);
  });

  it('have rows whose phases add up to the whole', () => {
    for (const variant of ablations.flatMap(({ variants }) => variants)) {
      const row = ablationRow(variant, [step, step], 16);
      const cycles = Object.values(row.byPhase).reduce((sum, phase) => sum + phase.cycles, 0);
      const idle = Object.values(row.idleShares).reduce((sum, share) => sum + share, 0);
      expect(cycles).toBe(row.cycles);
      expect(idle + row.usefulShare).toBeCloseTo(1, 9);
      expect(row.joulePerSample).toBeCloseTo((row.energyPj * 1e-12) / 16, 15);
    }
  });

  it('are tables of 80 columns at most', () => {
    for (const ablation of ablations) {
      const rows = ablation.variants.map((variant) => ablationRow(variant, [step], 8));
      for (const line of ablationTable(ablation, rows).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});
