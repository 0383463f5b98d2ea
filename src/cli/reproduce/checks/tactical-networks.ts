import { mean } from '../mean.js';
import type { TacticalNetwork } from '../tactical-networks.js';
import { type SpreadRun, shuffleGain, shufflingRange } from '../tactical-spreads.js';
import type { Check, Outcome } from '../verdict.js';

/** The networks on which the choice of scheduler matters by the text beside Fig. 11: it names the three others. */
const schedulerMatters = ['AlexNet-ES', 'AlexNet-SS', 'GoogLeNet-ES', 'GoogLeNet-SS'];

/** What 003 claims of networks on its front end (claims 28 to 31 and 36), at the spread that claim 30 gives back. */
export const networkClaims = {
  tacticalAverage: (simulations) =>
    ofNetworks(simulations, ({ networks, folded }, runs) => {
      const average = (of: typeof networks) => mean(of.map(speedup));
      return {
        ...{ literal: { average: average(networks) }, repaired: { average: average(folded) } },
        laws: [{ text: 'more than 2x on average', holds: average(networks) > 2 }],
        notes: [...bothReadings(networks, folded, speedup), ...bySpread(runs, (of) => average(of).toFixed(3))],
      };
    }),
  tacticalBest: (simulations) =>
    ofNetworks(simulations, ({ networks, folded }) => {
      const [best] = networks.toSorted((a, b) => shuffled(b) - shuffled(a));
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
    ofNetworks(simulations, ({ spread, networks, folded }, runs) => {
      const [literal, repaired] = [networks, folded].map(shufflingRange);
      const range = (of: typeof networks) => `${shufflingRange(of).least.toFixed(1)} to ${shufflingRange(of).most.toFixed(1)}`;
      return {
        ...{ literal, repaired },
        laws: [{ text: 'shuffling is never slower', holds: literal.least >= 0 }],
        notes: [
          `at spread ${spread}, where of those below the farther of the two figures is nearest: one constant solved from two figures`,
          ...bothReadings(networks, folded, shuffleGain),
          ...bySpread(runs, range),
        ],
      };
    }),
  heuristicGain: (simulations) =>
    ofNetworks(simulations, ({ networks, folded }, runs) => {
      const [literal, repaired] = [networks, folded].map(heuristicFigures);
      const short = (of: typeof networks) => {
        const { most, average } = heuristicFigures(of);
        return `${most.toFixed(1)}, ${average.toFixed(1)}`;
      };
      return {
        ...{ literal, repaired },
        laws: [{ text: 'the heuristic is faster on average', holds: literal.average > 0 }],
        notes: [
          'against greedy, lookaside first; it matters on those of AlexNet and GoogLeNet:',
          ...bothReadings(networks, folded, greedyLoss),
          "against greedy in the heuristic's order:",
          ...bothReadings(networks, folded, sameOrderLoss),
          'at most, on average:',
          ...bySpread(runs, short),
        ],
      };
    }),
  zerosRemoved: (simulations) =>
    ofNetworks(simulations, ({ networks, folded }, runs) => {
      const figures = (of: typeof networks) => Object.fromEntries(of.map((one) => [one.name, removed(one)]));
      return {
        ...{ literal: figures(networks), repaired: figures(folded) },
        notes: runs.map((run) => `spread ${run.spread}: ${perNetwork(run.networks, removed, 1)}`),
      };
    }),
} satisfies Record<string, Check>;

function ofNetworks(
  { tactical }: Parameters<Check>[0],
  find: (solved: SpreadRun, runs: readonly SpreadRun[]) => Outcome,
): Outcome | undefined {
  return tactical?.solved && find(tactical.solved, tactical.spreads);
}

function speedup({ denseCycles, cycles }: TacticalNetwork): number {
  return denseCycles / cycles['<2,5>'];
}

function shuffled({ denseCycles, cycles }: TacticalNetwork): number {
  return denseCycles / cycles.shuffled;
}

function heuristicFigures(networks: readonly TacticalNetwork[]) {
  const gains = networks.map(greedyLoss);
  const matters = networks.filter(({ name }) => schedulerMatters.includes(name)).map(greedyLoss);
  return { most: Math.max(...gains), average: mean(gains), 'where it matters': mean(matters) };
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
  return Object.entries({ literal, repaired }).map(([reading, networks]) => `${reading}: ${perNetwork(networks, of, 2)}`);
}

/** A figure of all networks at each spread, in both readings. */
function bySpread(runs: readonly SpreadRun[], figure: (networks: readonly TacticalNetwork[]) => string): string[] {
  return Object.entries({ literal: 'networks', repaired: 'folded' } as const).map(([reading, of]) => {
    const list = runs.map((run) => `${run.spread}: ${figure(run[of])}`);
    return `${reading} by spread: ${list.join('; ')}`;
  });
}

function perNetwork(networks: readonly TacticalNetwork[], of: (network: TacticalNetwork) => number, digits: number): string {
  return networks.map((one) => `${one.name} ${of(one).toFixed(digits)}`).join(', ');
}
