import { baselines } from '../../../../src/cli/reproduce/reductions.js';
import type { AcceleratorTotals, Draw } from '../../../../src/cli/reproduce/simulations.js';

const names = ['balanced', 'balanced-literal', 'balanced-54', 'balanced-81', ...Object.values(baselines)];

/** Totals whose cycles, energy and traffic are one number. */
export function totals(size: number): AcceleratorTotals {
  const dramBytes = { W: size / 4, A: size / 4, E: size / 4, G: size / 4 };
  const cyclesByPhase = { forward: size / 2, inputGradient: 0, weightGradient: size / 2, weightUpdate: 0 };
  return {
    cycles: size,
    cyclesByPhase,
    energyPj: size,
    dramBytes,
    interconnectPj: 0,
    nocHops: 256 * size,
    macs: { dense: size, effectual: size },
  };
}

/** A draw in which every accelerator takes 100, but for those that are named. */
export function drawOf(network: string, draw: number, sizes: Readonly<Record<string, number>>): Draw {
  return {
    ...{ network, draw, way: 'claims', seconds: draw },
    accelerators: Object.fromEntries(names.map((name) => [name, totals(sizes[name] ?? 100)])),
    balance: Object.fromEntries(
      names.slice(0, 4).map((name) => [name, { even: 0.2, coarse: 0.05, twoLevel: 0.01, within: 0.9, productsWithin: 0.4 }]),
    ),
    csrRows: { W: 0.5, A: 0.1, E: 0.1, G: 0.5 },
    sparsity: { W: 0.8, A: 0.4, E: 0.4, G: 0.8 },
  };
}
