import {
  bernoulliBits,
  convNest,
  energy45nm,
  network,
  networkMacs,
  networks003,
  presets,
  tacticalCycles,
} from '../../../hw/index.js';
import { createRng } from '../../../rng.js';
import { forwardOf, type TacticalNetwork } from '../tactical-networks.js';
import type { TacticalResults } from '../tactical-results.js';
import { crossover, pointAt } from '../tactical-sweep.js';
import type { Check, Figures, Outcome } from '../verdict.js';

/** What paper 003 claims, beside the front end modelled here (claims 28 to 42). */
export const tacticalClaims = {
  tacticalAverage: (simulations) =>
    ofNetworks(simulations, (networks, { folded }) => {
      const average = (runs: typeof networks) => mean(runs.map(speedup));
      return {
        ...{ literal: { average: average(networks) }, repaired: { average: average(folded) } },
        laws: [{ text: 'more than 2x on average', holds: average(networks) > 2 }],
        notes: bothReadings(networks, folded, speedup),
      };
    }),
  tacticalBest: (simulations) =>
    ofNetworks(simulations, (networks, { folded }) => {
      const [best] = [...networks].sort((a, b) => shuffled(b) - shuffled(a));
      const [alexnet] = networks;
      return {
        ...{ literal: { 'AlexNet-ES': shuffled(alexnet) }, repaired: { 'AlexNet-ES': shuffled(folded[0]) } },
        laws: [{ text: `AlexNet-ES is the fastest, not ${best.name}`, holds: best === alexnet }],
        notes: [
          'at most 3x: no more than two empty rows are skipped for one that is issued',
          ...bothReadings(networks, folded, shuffled),
        ],
      };
    }),
  filterShuffling: (simulations) =>
    ofNetworks(simulations, (networks, { folded }) => {
      const range = (gains: readonly number[]) => ({ most: Math.max(...gains), least: Math.min(...gains) });
      const [literal, repaired] = [networks, folded].map((runs) => range(runs.map(shuffleGain)));
      return {
        ...{ literal, repaired },
        laws: [{ text: 'shuffling is never slower', holds: literal.least >= 0 }],
        notes: bothReadings(networks, folded, shuffleGain),
      };
    }),
  heuristicGain: (simulations) =>
    ofNetworks(simulations, (networks, { folded }) => {
      const figures = (gains: readonly number[]) => ({ most: Math.max(...gains), average: mean(gains) });
      const [literal, repaired] = [networks, folded].map((runs) => figures(runs.map(greedyLoss)));
      return {
        ...{ literal, repaired },
        laws: [{ text: 'the heuristic is faster on average', holds: literal.average > 0 }],
        notes: [
          'against greedy, lookaside first:',
          ...bothReadings(networks, folded, greedyLoss),
          "against greedy in the heuristic's order:",
          ...bothReadings(networks, folded, sameOrderLoss),
        ],
      };
    }),
  frontEndRatio: (simulations) =>
    ofSweep(simulations, ({ sweep }) => {
      const { element, tile } = pointAt(sweep, 0.8);
      const ratio = (speedups: typeof element) => speedups['T8<2,5>'] / speedups['T8<1,6>'];
      return {
        repaired: { ratio: ratio(element) },
        notes: [`each processing element alone; ${ratio(tile).toFixed(3)} where the 256 lanes of a tile skip rows together`],
      };
    }),
  frontEndCrossover: (simulations) =>
    ofSweep(simulations, ({ sweep }) => ({
      repaired: { crossover: crossover(sweep, 'tile') },
      notes: [`${crossover(sweep, 'element').toFixed(2)} with each processing element alone, in steps of 0.05`],
    })),
  layoutRobustness: (simulations) =>
    ofSweep(simulations, ({ deviations }) => ({
      repaired: { 'at 0.5': deviations.find(({ sparsity }) => sparsity === 0.5)?.percent ?? Number.NaN },
      laws: deviations.map(({ sparsity, percent }) => ({
        text: `${percent.toFixed(1)} % at ${sparsity} is at most 6`,
        holds: percent <= 6,
      })),
      notes: [
        `zeros anywhere, by filter, by channel: ${deviations.map(({ sparsity, percent }) => `${sparsity}: ${percent.toFixed(1)} %`).join(', ')}`,
      ],
    })),
  neverSlower: () => {
    const rng = createRng('never slower');
    const nest = convNest({ batch: 1, inSize: [3, 3], inChannels: 48, outChannels: 80, kernelSize: [3, 3] });
    const cycles = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((sparsity) =>
      tacticalCycles(forwardOf(nest, bernoulliBits([3, 3, 48, 80], 1 - sparsity, rng))),
    );
    return {
      literal: { 'speed-up at 0 %': cycles[0].denseCycles / cycles[0].cycles },
      laws: [{ text: 'no more cycles at any sparsity', holds: cycles.every((one) => one.cycles <= one.denseCycles) }],
    };
  },
  zerosRemoved: (simulations) =>
    ofNetworks(simulations, (networks, { folded }) => {
      const figures = (runs: typeof networks) => Object.fromEntries(runs.map((one) => [one.name, removed(one)]));
      return { literal: figures(networks), repaired: figures(folded) };
    }),
  ineffectualLeft: () => ({ literal: { 'left, %': 100 - 64.6 } }),
  scnnSlowdown: (simulations) =>
    ofNetworks(simulations, (_, { scnn }) => {
      const at = (sparsity: number) => scnn.find((one) => one.sparsity === sparsity);
      const speed = { dense: at(0)?.speed ?? Number.NaN, zeros: at(0.2)?.speed ?? Number.NaN };
      return {
        ...{ literal: { 'speed, dense': speed.dense }, repaired: { 'speed, dense': at(0)?.foldedSpeed ?? Number.NaN } },
        laws: [
          { text: 'slower than the dense baseline without zeros', holds: speed.dense < 1 },
          { text: 'faster where both have more than 15 % zeros', holds: speed.zeros > 1 },
        ],
        notes: [
          `speed over DaDianNao++ by zeros of both operands: ${speeds(scnn, 'speed')}`,
          `over DaDianNao++ with its first layers folded: ${speeds(scnn, 'foldedSpeed')}`,
          `over as many multipliers that never idle: ${speeds(scnn, 'idealSpeed')}`,
        ],
      };
    }),
  peakRate: () => {
    const { tiles, filters, lanes, clockGhz } = presets.dadiannao as unknown as Record<string, number>;
    return { literal: { TOPS: (2 * tiles * filters * lanes * clockGhz) / 1000 } };
  },
  relativeEnergies: () => {
    const { actions } = energy45nm();
    const relative = (action: string, times = 1) => Math.round((times * actions[action].pj) / actions.indexOp.pj);
    return {
      literal: {
        'int add': relative('indexOp'),
        'float add': relative('addFp32'),
        register: relative('registerAccess'),
        'float multiply': relative('multiplyFp32'),
        SRAM: relative('sramSmallAccess'),
        DRAM: relative('dramByte', 4),
      },
      notes: [
        'the 32 KB SRAM at 5 pJ is named sram_small here: it is half of a 64-bit access to 8 KB in the source of the table',
      ],
    };
  },
  convolutionMacs: () => macs('conv'),
  denseMacs: () => macs('dense'),
} satisfies Record<string, Check>;

function speeds(scnn: TacticalResults['scnn'], of: 'speed' | 'foldedSpeed' | 'idealSpeed'): string {
  return scnn.map((one) => `${one.sparsity}: ${one[of].toFixed(2)}`).join(', ');
}

/** Table 1 in millions: literal as it counts, repaired by the networks' definitions. */
function macs(kind: 'conv' | 'dense'): Outcome {
  const counts = (mode: 'table1' | 'standard'): Figures =>
    Object.fromEntries(networks003.map((name) => [name, networkMacs(network(name, { mode }))[kind] / 1e6]));
  const [literal, repaired] = [counts('table1'), counts('standard')];
  const differ = networks003.filter((name) => Math.abs(literal[name] - repaired[name]) > 0.1);
  const list = differ.map((name) => `${name} ${repaired[name].toFixed(1)}`).join(', ');
  return { literal, repaired, notes: differ.length > 0 ? [`by definition: ${list}`] : [] };
}

function ofNetworks(
  { tactical }: Parameters<Check>[0],
  find: (networks: readonly TacticalNetwork[], results: TacticalResults) => Outcome,
): Outcome | undefined {
  return tactical && tactical.networks.length > 0 ? find(tactical.networks, tactical) : undefined;
}

function ofSweep({ tactical }: Parameters<Check>[0], find: (results: TacticalResults) => Outcome): Outcome | undefined {
  return tactical && find(tactical);
}

function speedup({ denseCycles, cycles }: TacticalNetwork): number {
  return denseCycles / cycles['<2,5>'];
}

function shuffled({ denseCycles, cycles }: TacticalNetwork): number {
  return denseCycles / cycles.shuffled;
}

function shuffleGain({ cycles }: TacticalNetwork): number {
  return 100 * (cycles['<2,5>'] / cycles.shuffled - 1);
}

function greedyLoss({ cycles }: TacticalNetwork): number {
  return 100 * (cycles['aside first'] / cycles['<2,5>'] - 1);
}

function sameOrderLoss({ cycles }: TacticalNetwork): number {
  return 100 * (cycles.greedy / cycles['<2,5>'] - 1);
}

/** Per cent of the ineffectual time that is saved. */
function removed({ denseCycles, cycles, ineffectual }: TacticalNetwork): number {
  return (100 * (1 - cycles['<2,5>'] / denseCycles)) / ineffectual;
}

function bothReadings(
  literal: readonly TacticalNetwork[],
  repaired: readonly TacticalNetwork[],
  of: (network: TacticalNetwork) => number,
): string[] {
  return Object.entries({ literal, repaired }).map(
    ([reading, networks]) => `${reading}: ${networks.map((one) => `${one.name} ${of(one).toFixed(2)}`).join(', ')}`,
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
