import { bitsFrom, convNest, estimateWork, type GemmWork, minimumSteal } from '../../../hw/index.js';
import type { BalanceTotals } from '../balance-totals.js';
import { readings } from '../reductions.js';
import { byNetwork, type Draw, drawsOfClaims, meanOf } from '../simulations.js';
import { type Check, show } from '../verdict.js';
import { ways } from '../ways.js';

/** Table I of 001: cycles of a multiplication, and of communication within and across partitions. */
const multiplyCycles = { float: 10, int: 7 };
const communicationCycles = { near: 8, far: 16 };

/** Load balance by Procedures 1 and 2 (claims 4, 5, 11 and 12). */
export const balancing = {
  windowEstimate: () => ({ literal: { 'stride 1': windowDensity(1), 'stride 2': windowDensity(2) } }),
  stealCosts: () => {
    const cases = Object.entries(communicationCycles).flatMap(([place, communication]) =>
      Object.entries(multiplyCycles).map(([type, cycles]) => {
        const least = minimumSteal(cycles, communication);
        return { name: `${type} ${place}`, least, stolen: cycles + communication, left: least * cycles };
      }),
    );
    return {
      literal: Object.fromEntries(
        cases.flatMap(({ name, stolen, left }) => [
          [name, stolen],
          [`${name}, left`, left],
        ]),
      ),
      laws: cases.map(({ name, stolen, left }) => ({ text: `stealing pays: ${name}`, holds: stolen < left })),
      notes: [
        `least number to steal: ${cases.map(({ name, least }) => `${name} ${least}`).join(', ')}; the text's "more than" is one off`,
      ],
    };
  },
  balanceLevels: (simulations) => {
    const draws = drawsOfClaims(simulations);
    if (draws.length === 0) return undefined;
    const { name, ...repaired } = levels(draws);
    const { name: _, ...literal } = levels(draws, 'balanced-literal');
    const order = mean(draws, 'even') >= repaired.coarse && repaired.coarse >= repaired['two levels'];
    const byWay = Object.keys(ways).flatMap((way) => {
      const own = simulations.draws.filter((draw) => draw.way === way);
      return own.length === 0 ? [] : [levelsLine(way, own)];
    });
    const notes = [`largest for ${name}; means over networks, by how many PEs there are:`, ...byPreset(draws)];
    return {
      ...{ literal, repaired },
      laws: [{ text: 'even split >= coarse >= two levels', holds: order }],
      notes: [...notes, 'by way of drawing and setting:', ...byWay],
    };
  },
  balanceFinal: (simulations) => {
    const draws = drawsOfClaims(simulations);
    if (draws.length === 0) return undefined;
    const resNet = draws.filter(({ network }) => network === 'resnet152');
    const final = (ours: Ours) => ({ average: mean(draws, 'twoLevel', ours), ResNet152: mean(resNet, 'twoLevel', ours) });
    return { literal: final('balanced-literal'), repaired: final('balanced') };
  },
  neighbourDifference: (simulations) => {
    const draws = drawsOfClaims(simulations);
    if (draws.length === 0) return undefined;
    const share = (of: keyof BalanceTotals, ours: Ours) => 100 * mean(draws, of, ours);
    return {
      literal: { share: share('within', 'balanced-literal') },
      repaired: { share: share('within', 'balanced') },
      notes: [
        'work as Procedure 1 estimates it, per PE; bands may end within a row, between images',
        `of products that are really made: literal ${show(share('productsWithin', 'balanced-literal'))} %, repaired ${show(share('productsWithin', 'balanced'))} %`,
      ],
    };
  },
} satisfies Record<string, Check>;

/** Fig. 4: a window of two over [a, 0, 0, b], the only input of four with its counts. */
function windowDensity(stride: number): number {
  const nest = convNest({ batch: 1, inSize: [4], inChannels: 1, outChannels: 1, kernelSize: [2], stride: [stride] });
  const work: GemmWork = {
    ...{ kind: 'gemm', layer: 'Fig. 4', phase: 'forward', nest, imageScale: 1 },
    input: { role: 'A', source: 'Fig. 4', nonzeros: bitsFrom([1, 0, 0, 1], [1, 1, 1, 4, 1]) },
    kernel: { role: 'W', source: 'Fig. 4', nonzeros: bitsFrom([1, 1], [1, 1, 2, 1, 1]) },
  };
  return estimateWork(work, { form: 'exact' }).inputDensity;
}

/** A reading of the proposed accelerator. */
type Ours = (typeof readings)[keyof typeof readings] | 'balanced-literal';

/** Claim 11: the largest deviation of an even split, and the means of both levels. */
function levels(draws: readonly Draw[], ours: Ours = 'balanced') {
  const even = networkMeans(draws, 'even', ours);
  const largest = Math.max(...even.values());
  const [name] = [...even].find(([, value]) => value === largest) ?? [];
  return { name, 'even max': largest, coarse: mean(draws, 'coarse', ours), 'two levels': mean(draws, 'twoLevel', ours) };
}

/** The same under the three readings of how many PEs there are (ledger 1.2.7). */
function byPreset(draws: readonly Draw[]): string[] {
  return Object.entries(readings).map(([label, ours]) => levelsLine(label, draws, ours));
}

function levelsLine(label: string, draws: readonly Draw[], ours: Ours = 'balanced'): string {
  const [even, coarse, both] = (['even', 'coarse', 'twoLevel'] as const).map((level) => mean(draws, level, ours).toFixed(3));
  return `${label}: even ${even}, coarse ${coarse}, two levels ${both}`;
}

/** By network, over the draws that ran this reading. */
function networkMeans(draws: readonly Draw[], of: keyof BalanceTotals, ours: Ours): ReadonlyMap<string, number> {
  const own = draws.filter(({ balance }) => ours in balance);
  return new Map(
    [...byNetwork(own)].map(([name, drawn]) => [name, meanOf(drawn.map(({ balance }) => balance[ours][of])).mean] as const),
  );
}

function mean(draws: readonly Draw[], of: keyof BalanceTotals, ours: Ours = 'balanced'): number {
  return meanOf([...networkMeans(draws, of, ours).values()]).mean;
}
