import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkLayers, savedMacs } from '../../../src/cli/reproduce/bdwp-macs.js';
import { satChecks } from '../../../src/cli/reproduce/checks/sat.js';
import { type SatRun, type SatStep, satConditions, simulateSat } from '../../../src/cli/reproduce/sat-steps.js';

const runs: readonly SatRun[] = [
  ...(['dense', 'SR-STE', 'SDGP', 'BDWP', 'dense, free', 'BDWP, free'] as const),
  ...(['without interleaving', 'without pre-generation', 'OS only', 'WS only'] as const).flatMap(
    (part) => [part, `${part}, free`] as const,
  ),
];

/** A step in which every run takes 100 cycles in each phase, but for those that are named. */
function stepOf(cycles: Partial<Record<SatRun, number>>): SatStep {
  const phases = (each: number) => ({ forward: each, inputGradient: each, weightGradient: each, weightUpdate: each });
  const all = Object.fromEntries(runs.map((run) => [run, phases(cycles[run] ?? 100)]));
  return { network: 'vgg19', cycles: all as SatStep['cycles'], operationBound: 1.9 };
}

describe('the MACs that N:M saves', () => {
  it('are the closed form where all layers divide by M and compute an input gradient', () => {
    const layers = fc.array(
      fc.record({ macs: fc.integer({ min: 1, max: 1000 }), groups: fc.integer({ min: 1, max: 9 }), isPruned: fc.boolean() }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(layers, fc.integer({ min: 1, max: 8 }), (list, n) => {
        const counted = list.map(({ macs, groups, isPruned }) => ({
          ...{ macs, needsInputGradient: true },
          ...(isPruned && { channels: { inputs: 8 * groups, outputs: 16 * groups } }),
        }));
        const saved = savedMacs(counted, { n, m: 8 });
        expect(saved.counted).toBeCloseTo(saved.formula, 12);
      }),
    );
  });

  it('by hand: twelve of 16 channels in two groups of 8 keep 2 and 2; a first layer saves nothing backward', () => {
    const layer = { macs: 100, channels: { inputs: 12, outputs: 16 }, needsInputGradient: false };
    expect(savedMacs([layer], { n: 2, m: 8 }).counted).toBeCloseTo((1 - 4 / 12) / 2, 12);
  });

  it('leave the first layer, the last and products of activations dense', () => {
    const pruned = (name: string) => networkLayers(name).map(({ channels }) => channels !== undefined);
    expect(pruned('resnet18')).toEqual([false, ...new Array(19).fill(true), false]);
    // Four linear layers and two products in each of twelve blocks, between the patches and the head.
    expect(pruned('vit-base-16').filter((isPruned) => !isPruned).length).toBe(2 + 12 * 2);
    expect(savedMacs(networkLayers('vit-base-16'), { n: 2, m: 8 }).prunableShare).toBeCloseTo(0.953, 3);
  });

  it('are of the images that are asked for: on smaller ones a first layer of 3 channels weighs as much, a last one more', () => {
    const share = (inputSize: number) =>
      savedMacs(networkLayers('resnet18', { inputSize, classes: 200 }), { n: 2, m: 8 }).prunableShare;
    expect(share(64)).toBeLessThan(share(224));
  });
});

describe('the checks of 002', () => {
  it('find the average speed-up, and a law for each network', () => {
    const steps = [stepOf({ BDWP: 50 }), stepOf({ BDWP: 80 })];
    const outcome = satChecks.satSpeedup({ draws: [], satSteps: steps });
    expect(outcome?.repaired).toEqual({ average: (2 + 1.25) / 2 });
    expect(outcome?.laws?.map(({ holds }) => holds)).toEqual([false, true]);
    // 100 / 52 is below the 2x of 2:8 in all layers, but above 1.9x, which the network's dense layers leave.
    const tooFast = satChecks.satSpeedup({ draws: [], satSteps: [stepOf({ BDWP: 52 })] });
    expect(tooFast?.laws).toEqual([{ text: 'vgg19 is below 1.900x, its dense operations over those of BDWP', holds: false }]);
  });

  it('find which method is slower than BDWP, and which part helps', () => {
    const satSteps = [stepOf({ BDWP: 50, SDGP: 40, 'OS only': 60, 'WS only': 50 })];
    const holds = (check: 'methodsOnSat' | 'satAblation') =>
      satChecks[check]({ draws: [], satSteps })?.laws?.map((law) => law.holds);
    expect(holds('methodsOnSat')).toEqual([true, false]);
    expect(holds('satAblation')).toEqual([true, true, true, false]);
  });

  it('find nothing in steps that were not run, and refuse networks that they do not have', () => {
    const satSteps = simulateSat({ networks: [], seed: 1 });
    for (const check of ['satSpeedup', 'methodsOnSat', 'satAblation'] as const) {
      expect(satChecks[check]({ draws: [], satSteps })).toBeUndefined();
    }
    expect(satConditions(satSteps, 1)).toEqual(['No networks were simulated: arithmetic only.']);
    expect(() => simulateSat({ networks: ['vgg16'], seed: 1 })).toThrow(
      '--networks: got vgg16, expected all, none, or some of vgg19',
    );
  });
});
