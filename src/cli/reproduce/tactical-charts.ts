import type { Chart } from '../report/contracts.js';
import { type Bar, curves, groupedBars, stackedBars } from './charts.js';
import type { FrontEndName, TacticalNetwork } from './tactical-networks.js';
import type { TacticalResults } from './tactical-results.js';
import type { SlotShares } from './tactical-shares.js';
import { type SweepName, type SweepPoint, sweepNames } from './tactical-sweep.js';

/** Figs. 8 to 13 of 003, drawn from our figures, by name; those of networks only where these were run. */
export function tacticalCharts({ solved, sweep }: TacticalResults): Record<string, Chart> {
  return { ...(solved && networkCharts(solved.networks)), ...sweepCharts(sweep) };
}

const shareNames = { 'in place': 'inPlace', lookahead: 'lookahead', lookaside: 'lookaside', ineffectual: 'ineffectual' } as const;

function networkCharts(networks: readonly TacticalNetwork[]): Record<string, Chart> {
  const bars = (
    names: Readonly<Record<string, FrontEndName>>,
    of = (network: TacticalNetwork, name: FrontEndName) => speedup(network, name),
  ) =>
    networks.flatMap((network) =>
      Object.entries(names).map(([name, front]): Bar => ({ group: network.name, name, value: of(network, front) })),
    );
  const designs = { 'T8<1,6>': '<1,6>', 'T8<2,5>': '<2,5>', 'T8<3,4>': '<3,4>' } as const;
  const alone = { 'lookahead 1': '<1,0>', 'lookahead 2': '<2,0>', 'lookahead 3': '<3,0>' } as const;
  const schedulers = { greedy: 'aside first', heuristic: '<2,5>' } as const;
  const shares = networks.flatMap(({ name, shares: { all, layer } }) => [
    ...shareBars(name, all),
    ...shareBars(`${name}, mid`, layer),
  ]);
  const label = 'speed-up over DaDianNao++';
  return {
    fig08: groupedBars(bars({ ...alone, ...designs }), {
      title: 'Speed-up by front end, and by its lookahead alone, modelled',
      label,
      names: [...Object.keys(alone), ...Object.keys(designs)],
      baseline: 1,
    }),
    fig09: groupedBars(bars({ 'T8<2,5>': '<2,5>', 'shuffled filters': 'shuffled' }), {
      title: 'Speed-up with and without shuffled filters, modelled',
      label,
      names: ['T8<2,5>', 'shuffled filters'],
      baseline: 1,
    }),
    fig10: stackedBars(shares, {
      title: 'Multiplier slots under T8<2,5>, of a network and (mid) of its middle layer, modelled',
      label: '% of the slots of the dense schedule',
      names: Object.keys(shareNames),
    }),
    fig11: groupedBars(
      bars(schedulers, ({ cycles }, front) => cycles['aside first'] / cycles[front]),
      {
        title: 'Heuristic and greedy schedule, T8<2,5>, modelled',
        label: 'speed over the greedy one',
        names: Object.keys(schedulers),
        baseline: 1,
      },
    ),
  };
}

function shareBars(group: string, shares: SlotShares): Bar[] {
  return Object.entries(shareNames).map(([name, share]) => ({ group, name, value: 100 * shares[share] }));
}

function sweepCharts(sweep: readonly SweepPoint[]): Record<string, Chart> {
  const lines = (names: readonly SweepName[], mode: 'tile' | 'element') =>
    names.flatMap((name) => sweep.map((point) => ({ name, x: 100 * point.sparsity, y: point[mode][name] })));
  const [designs, schedules] = [sweepNames.slice(0, 3), ['T8<2,5>', ...sweepNames.slice(3)] as const];
  const chart = (title: string, names: readonly SweepName[], mode: 'tile' | 'element') =>
    curves(lines(names, mode), { title, xLabel: 'zeros, %', label: 'speed-up', names });
  const [alone, together] = ['each processing element alone, modelled', 'tiles of 256 lanes, modelled'];
  return {
    fig12: chart(`Front ends by sparsity, ${alone}`, designs, 'element'),
    'fig12-tile': chart(`Front ends by sparsity, ${together}`, designs, 'tile'),
    fig13: chart(`Schedules and shapes by sparsity, ${alone}`, schedules, 'element'),
    'fig13-tile': chart(`Schedules and shapes by sparsity, ${together}`, schedules, 'tile'),
  };
}

function speedup({ denseCycles, cycles }: TacticalNetwork, front: FrontEndName): number {
  return denseCycles / cycles[front];
}
