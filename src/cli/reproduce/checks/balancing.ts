import { bitsFrom, convNest, estimateWork, type GemmWork, minimumSteal } from '../../../hw/index.js';
import { type BalanceTotals, tallRows } from '../balance-totals.js';
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
    const even = networkMeans(draws, 'even');
    const largest = Math.max(...even.values());
    const [name] = [...even].find(([, value]) => value === largest) ?? [];
    const levels = { coarse: mean(draws, 'coarse'), 'two levels': mean(draws, 'twoLevel') };
    const order = mean(draws, 'even') >= levels.coarse && levels.coarse >= levels['two levels'];
    const byWay = Object.keys(ways).flatMap((way) => {
      const own = simulations.draws.filter((draw) => draw.way === way);
      const list = (['even', 'coarse', 'twoLevel'] as const).map((level) => mean(own, level).toFixed(3));
      return own.length === 0 ? [] : [`${way}: even ${list[0]}, coarse ${list[1]}, two levels ${list[2]}`];
    });
    return {
      repaired: { 'even max': largest, coarse: levels.coarse, 'two levels': levels['two levels'] },
      laws: [{ text: 'even split >= coarse >= two levels', holds: order }],
      notes: [`largest for ${name}; means over networks by way of drawing:`, ...byWay],
    };
  },
  balanceFinal: (simulations) => {
    const draws = drawsOfClaims(simulations);
    if (draws.length === 0) return undefined;
    const resNet = draws.filter(({ network }) => network === 'resnet152');
    return { repaired: { average: mean(draws, 'twoLevel'), ResNet152: mean(resNet, 'twoLevel') } };
  },
  neighbourDifference: (simulations) => {
    const draws = drawsOfClaims(simulations);
    if (draws.length === 0) return undefined;
    const share = (of: keyof BalanceTotals) => ({ share: 100 * mean(draws, of) });
    const tall = draws.filter(({ balance }) => balance.withinTall !== undefined);
    return {
      literal: share('withinLiteral'),
      repaired: share('withinRepaired'),
      notes: [`repaired, of maps of ${tallRows} rows or more: ${show(100 * mean(tall, 'withinTall'))} %`],
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

function networkMeans(draws: readonly Draw[], of: keyof BalanceTotals): ReadonlyMap<string, number> {
  const means = [...byNetwork(draws)].map(
    ([name, own]) => [name, meanOf(own.map(({ balance }) => balance[of] ?? 0)).mean] as const,
  );
  return new Map(means);
}

function mean(draws: readonly Draw[], of: keyof BalanceTotals): number {
  return meanOf([...networkMeans(draws, of).values()]).mean;
}
