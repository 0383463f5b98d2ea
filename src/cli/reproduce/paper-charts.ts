import type { Chart } from '../report/contracts.js';
import { type Bar, curves, groupedBars, stackedBars } from './charts.js';
import { relativeSizes } from './checks/formats.js';
import { baselineNames, baselines, type Measure, measures, roles, savedByRole } from './reductions.js';
import { byNetwork, type Draw, drawsOfClaims, meanOf, type Simulations } from './simulations.js';

/** The plots of 001 that its text has no values of, drawn from our figures: Figs. 3 and 11 to 20, by name. */
export function paperCharts(simulations: Simulations): Record<string, Chart> {
  const own = drawsOfClaims(simulations);
  return { fig03: matrixSizes(), ...(own.length > 0 ? simulatedCharts(byNetwork(own)) : {}) };
}

type Networks = ReadonlyMap<string, readonly Draw[]>;

function simulatedCharts(networks: Networks): Record<string, Chart> {
  const each = (bars: (network: string, draws: readonly Draw[]) => Bar[]) =>
    [...networks].flatMap(([network, draws]) => bars(network, draws));
  const byRole = (of: 'sparsity' | 'csrRows') =>
    each((group, draws) => roles.map((name) => ({ group, name, ...bar(draws.map((draw) => 100 * draw[of][name])) })));
  const saved = (baseline: (typeof baselineNames)[number]) =>
    stackedBars(
      each((group, draws) => roles.map((name) => ({ group, name, value: savedByRole(draws, baseline)[name] }))),
      { title: `Off-chip traffic saved against ${baseline}, modelled`, label: "% of the baseline's traffic", names: roles },
    );
  const levels = { 'even split': 'even', coarse: 'coarse', 'two levels': 'twoLevel' } as const;
  const balance = each((group, draws) =>
    Object.entries(levels).map(([name, level]) => ({ group, name, ...bar(draws.map((draw) => draw.balance.balanced[level])) })),
  );
  return {
    fig11: relative(networks, 'traffic', 'Off-chip traffic of a training step'),
    fig12: groupedBars(byRole('csrRows'), {
      title: 'Rows stored in RP-CSR, the others in RP-BF',
      label: '% of rows',
      names: roles,
    }),
    fig13: saved('SparseTrain'),
    fig14: groupedBars(byRole('sparsity'), { title: 'Sparsity of the synthetic maps', label: '% zeros', names: roles }),
    fig15: saved('SCNN'),
    fig16: saved('SIGMA'),
    ...denseNet(networks),
    fig18: groupedBars(balance, {
      title: 'Deviation of multiplications over PEs, modelled',
      label: 'standard deviation / mean',
      names: Object.keys(levels),
    }),
    fig19: relative(networks, 'time', 'Time of a training step'),
    fig20: relative(networks, 'energy', 'Energy of a training step'),
  };
}

function bar(values: readonly number[]): { value: number; error: number } {
  const { mean, error } = meanOf(values);
  return { value: mean, error };
}

/** Each baseline over ours, as 001 plots it. */
function relative(networks: Networks, measure: Measure, title: string): Chart {
  const of = measures[measure];
  const bars = [...networks].flatMap(([group, draws]) =>
    baselineNames.map((name) => ({
      ...{ group, name },
      ...bar(draws.map(({ accelerators }) => of(accelerators[baselines[name]]) / of(accelerators.balanced))),
    })),
  );
  return groupedBars(bars, { title: `${title}, modelled`, label: 'baseline / proposed', names: baselineNames, baseline: 1 });
}

/** DenseNet169: what of each baseline's traffic the single SRAM saves, and what the format. */
function denseNet(networks: Networks): Record<string, Chart> {
  const draws = networks.get('densenet169');
  if (!draws) return {};
  const mean = (name: string) => meanOf(draws.map(({ accelerators }) => measures.traffic(accelerators[name]))).mean;
  const [ours, unifiedCsr] = [mean('balanced'), mean(baselines.SparseTrain)];
  const bars = baselineNames.flatMap((group) => {
    const total = mean(baselines[group]);
    const unified = group === 'SCNN' ? (total - unifiedCsr) / total : 0;
    return [
      { group, name: 'one SRAM', value: 100 * unified },
      { group, name: 'format and im2col', value: 100 * ((total - ours) / total - unified) },
    ];
  });
  const names = ['one SRAM', 'format and im2col'];
  return {
    fig17: stackedBars(bars, { title: 'DenseNet169: off-chip traffic saved, modelled', label: '% of the traffic', names }),
  };
}

function matrixSizes(): Chart {
  const points = Array.from({ length: 101 }, (_, i) => i / 100).flatMap((x) => {
    const { csr, bitmap } = relativeSizes(x);
    return [
      { name: 'CSR', x: 100 * x, y: csr },
      { name: 'bit map', x: 100 * x, y: bitmap },
    ];
  });
  const title = 'Size of a 500 x 500 matrix, Eqs. 5 to 9';
  return curves(points, { title, xLabel: 'sparsity, %', label: 'size / dense size', names: ['CSR', 'bit map'] });
}
