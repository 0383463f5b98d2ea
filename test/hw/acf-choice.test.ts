import * as fc from 'fast-check';
import { acf, convNest, costOf, energyTables, type PhaseWork } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { smallWorks, workOf } from './support/small-works.js';
import { ideal } from './support/tiny-fabric.js';

const dataflows = ['WS', 'OS', 'IS'] as const;

describe('the choice of the dataflow', () => {
  const steps = fc.array(smallWorks, { minLength: 1, maxLength: 5 });
  const array = { rows: 3, cols: 3, reconfigurationCycles: 40 } as const;
  const cost = (options: Parameters<typeof acf>[0], works: readonly PhaseWork[]) => {
    const accelerator = acf({ ...array, ...options });
    return costOf(accelerator.start().executeStep(works), accelerator.energyTable);
  };

  it('takes the cheapest of the three for a single work, by energy or by cycles', () => {
    fc.assert(
      fc.property(smallWorks, (work) => {
        const fixed = dataflows.map((dataflow) => cost({ dataflow }, [work]));
        expect(cost({ objective: 'energy' }, [work]).energyPj).toBe(Math.min(...fixed.map(({ energyPj }) => energyPj)));
        expect(cost({ objective: 'delay' }, [work]).cycles).toBe(Math.min(...fixed.map(({ cycles }) => cycles)));
      }),
      { numRuns: 200, seed: 40 },
    );
  });

  it('Viterbi is never dearer than greedy, nor than any one dataflow, by energy, by cycles and by EDP', () => {
    const start = { energy: 0, delay: 0, edp: 0 };
    const sums = (options: Parameters<typeof acf>[0], works: readonly PhaseWork[]) => {
      const accelerator = acf({ ...array, ...options });
      return accelerator
        .start()
        .executeStep(works)
        .works.map((work) => costOf(work, accelerator.energyTable))
        .reduce(
          (sum, { cycles, energyPj }) => ({
            energy: sum.energy + energyPj,
            delay: sum.delay + cycles,
            edp: sum.edp + energyPj * cycles,
          }),
          start,
        );
    };
    fc.assert(
      fc.property(steps, fc.constantFrom('energy' as const, 'delay' as const, 'edp' as const), (works, objective) => {
        const best = sums({ objective }, works)[objective];
        const others = [{ objective, scheduler: 'greedy' as const }, ...dataflows.map((dataflow) => ({ dataflow }))];
        for (const other of others) expect(best).toBeLessThanOrEqual(sums(other, works)[objective] * (1 + 1e-12));
      }),
      { numRuns: 150, seed: 41 },
    );
  });

  it('costs no less the more a reconfiguration costs, in time or energy', () => {
    const table = energyTables['45nm'];
    const priced = (pj: number) => ({
      ...table,
      actions: { ...table.actions, switchConfig: { pj, component: 'interconnect', source: 'swept' } },
    });
    fc.assert(
      fc.property(steps, (works) => {
        const cycles = [0, 1, 10, 100, 10_000].map(
          (reconfigurationCycles) => cost({ objective: 'delay', reconfigurationCycles }, works).cycles,
        );
        const energies = [0, 1, 10, 1000].map((pj) => cost({ objective: 'energy', energyTable: priced(pj) }, works).energyPj);
        for (const sweep of [cycles, energies]) {
          sweep.forEach((value, i) => {
            expect(value).toBeGreaterThanOrEqual((sweep[i - 1] ?? 0) * (1 - 1e-12));
          });
        }
      }),
      { numRuns: 60, seed: 43 },
    );
  });

  it('changes configurations less often the more a change costs', () => {
    const seen = [0, 0];
    fc.assert(
      fc.property(steps, (works) => {
        const [often, seldom] = [0, 1_000_000].map((reconfigurationCycles) => {
          const run = acf({ ...array, ...ideal, objective: 'delay', reconfigurationCycles }).start();
          return run.executeStep(works).works.filter(({ actions }) => actions.switchConfig > 0).length;
        });
        expect(seldom).toBeLessThanOrEqual(often);
        seen[0] += often;
        seen[1] += seldom;
      }),
      { numRuns: 60, seed: 44 },
    );
    expect(seen[1]).toBeLessThan(seen[0]);
  });

  it('Viterbi equals greedy where reconfiguration costs nothing', () => {
    const table = energyTables['45nm'];
    const free = { pj: 0, component: 'interconnect', source: 'none' };
    const energyTable = { ...table, actions: { ...table.actions, switchConfig: free, leakUnitCycle: free } };
    fc.assert(
      fc.property(steps, (works) => {
        const energies = (['greedy', 'viterbi'] as const).map(
          (scheduler) => cost({ scheduler, objective: 'energy', energyTable }, works).energyPj,
        );
        expect(energies[1]).toBeCloseTo(energies[0], 3);
      }),
      { numRuns: 100, seed: 42 },
    );
  });
});

describe('the modes of zero detection', () => {
  const modes = ['skipBoth', 'skipOneSide', 'gate'] as const;
  const nest = convNest({ batch: 2, inSize: [8, 8], inChannels: 16, outChannels: 32, kernelSize: [3, 3], padding: 'same' });
  const costs = (density: number, dataflow: (typeof dataflows)[number]) =>
    modes.map((zeroDetection) => {
      const accelerator = acf({ zeroDetection, dataflow });
      const work = workOf(nest, 'forward', { input: density, kernel: density / 2 }, 1);
      return costOf(accelerator.start().executeStep([work]), accelerator.energyTable);
    });

  it.each(dataflows)('in %s: all save the multiplications of zeros, only skipping saves their slots and operands', (dataflow) => {
    const [both, one, gate] = costs(0.4, dataflow);
    expect(one.byComponentPj.compute).toBe(both.byComponentPj.compute);
    expect(gate.byComponentPj.compute).toBe(both.byComponentPj.compute);
    expect(gate.byComponentPj.register).toBeGreaterThan(one.byComponentPj.register);
    expect(one.byComponentPj.register).toBeGreaterThan(both.byComponentPj.register);
    expect(both.cycles).toBeLessThan(gate.cycles);
    expect(both.energyPj).toBeLessThan(gate.energyPj);
  });

  it.each(dataflows)('in %s: a dense product takes as long either way, and skipping pays for its indices', (dataflow) => {
    const unpadded = convNest({ batch: 2, inSize: [8, 8], inChannels: 16, outChannels: 32, kernelSize: [3, 3] });
    const dense = workOf(unpadded, 'forward', { input: 1, kernel: 1 }, 1);
    const [both, gate] = (['skipBoth', 'gate'] as const).map((zeroDetection) => {
      return acf({ zeroDetection, dataflow }).start().executeStep([dense]).works[0];
    });
    expect(gate.cycles).toBe(both.cycles);
    expect(gate.actions.multiplyFp32).toBe(both.actions.multiplyFp32);
    expect(both.actions.indexOp).toBeGreaterThan(gate.actions.indexOp);
  });
});
