import type { AcceleratorReport } from '../../callbacks/cost-report.js';
import { addCosts } from '../../hw/index.js';
import type { Table } from '../report/contracts.js';
import { formatCell } from '../report/format-cell.js';
import { largestIdle } from '../run/task.js';
import { phaseLabels } from './comparison-tables.js';

/** Layers of one accelerator: cycles by phase, energy, the useful share of their unit-cycles, and what idles most of them. */
export function layerTable({ name, rows, utilisation, idle, decisions }: AcceleratorReport): Table {
  const layers = [...new Set(rows.map(({ layer }) => layer))];
  const causes = Object.entries({ useful: utilisation, ...idle });
  const chosen = Object.entries(decisions).map(([question, answers]) => {
    const all = Object.values(answers).reduce((sum, count) => sum + count, 0);
    return listed(
      question,
      Object.entries(answers).map(([answer, count]) => [answer, count / all]),
    );
  });
  return {
    title: `Layers on ${name}: cycles by phase, energy, use of the units`,
    columns: [
      { name: 'layer', label: 'layer', unit: 'text' },
      ...phaseLabels.map(([phase, label]) => ({ name: phase, label, unit: 'count' }) as const),
      { name: 'energyPj', label: 'energy', unit: 'energyPj' },
      { name: 'utilisation', label: 'useful', unit: 'share' },
      { name: 'limitedBy', label: 'limited by', unit: 'text' },
    ],
    rows: layers.map((layer) => {
      const own = rows.filter((row) => row.layer === layer);
      const cycles = phaseLabels.map(([phase]) => own.find((row) => row.phase === phase)?.cost.cycles ?? null);
      const { energyPj, usefulUnitCycles, idleUnitCycles } = addCosts(...own.map(({ cost }) => cost));
      const unitCycles = own.reduce((sum, { cost }) => sum + cost.units * cost.cycles, 0);
      return [layer, ...cycles, energyPj, usefulUnitCycles / unitCycles, largestIdle(idleUnitCycles)];
    }),
    notes: [listed('unit-cycles', causes), ...chosen],
  };
}

/** `name: a 60.0 %, b 40.0 %`, the largest first, without what would show as 0. */
function listed(name: string, shares: readonly (readonly [what: string, share: number])[]): string {
  const shown = shares.filter(([, share]) => share >= 0.0005).toSorted((a, b) => b[1] - a[1]);
  return `${name}: ${shown.map(([what, share]) => `${what} ${formatCell(share, 'share')}`).join(', ')}`;
}
