import type { Cost, Interval } from 'tfjs-sparsity/hw';
import { joule, percent, si } from '../../examples/lib/format.js';
import { type MachineCosts, type MachineEstimate, phases } from './machine-costs.js';

/** Rows as a table of Markdown whose columns also stand below each other: the first to the left, the others to the right. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

const labels = phases.map(([, label]) => label);
const parts = ({ byPhase, total }: MachineCosts): readonly Cost[] => [...phases.map(([phase]) => byPhase[phase]), total];

/** `2.35x`. */
export const times = (ratio: number) => `${ratio.toPrecision(3)}x`;

/**
 * Tables of one network, in Markdown: cycles, energy, and how far from the ideal and why, each by phase; then what is only estimated.
 * Gains are over `baseline`, which has a bandwidth; `equalCycles` are of machines that were given the same.
 */
export function costTables(
  machines: readonly MachineCosts[],
  estimates: readonly MachineEstimate[],
  baseline: MachineCosts,
  equalCycles: Readonly<Record<string, number>>,
): string {
  const cycles = markdownTable([
    ['cycles', ...labels, 'step', '+-', 'faster', 'iso'],
    ...machines.map((machine) => [
      machine.name,
      ...parts(machine).map((cost) => si(cost.cycles)),
      percent(machine.cyclesError, 1),
      times(baseline.total.cycles / machine.total.cycles),
      times(baseline.total.cycles / (equalCycles[machine.name] ?? machine.total.cycles)),
    ]),
  ]);
  const energy = markdownTable([
    ['energy', ...labels, 'step', 'less J'],
    ...machines.map((machine) => [
      machine.name,
      ...parts(machine).map((cost) => joule(cost.energyPj)),
      times(baseline.total.energyPj / machine.total.energyPj),
    ]),
  ]);
  const ideal = markdownTable([
    ['% of ideal', ...labels, 'step'],
    ...machines.map((machine) => [machine.name, ...parts(machine).map(idealCell)]),
  ]);
  const estimated = markdownTable([
    ['estimated, us', ...labels, 'step', 'energy, mJ'],
    ...estimates.map(({ name, secondsByPhase, seconds, energyJ }) => [
      name,
      ...[...phases.map(([phase]) => secondsByPhase[phase]), seconds].map((one) => range(one, 1e6)),
      range(energyJ, 1e3),
    ]),
  ]);
  return [cycles, energy, ideal, estimated].join('\n\n');
}

/** The ideal's share of all cycles, and what idles most unit-cycles, cut to the width of the table: `62 underfil.`. */
function idealCell({ cycles, idealCycles, idleUnitCycles }: Cost): string {
  if (cycles === 0) return '-';
  const [cause] = Object.entries(idleUnitCycles).reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
  return `${((100 * idealCycles) / cycles).toFixed(0)} ${cause.replace(/(?<=^.{8})..+/, '.')}`.trim();
}

function range({ low, high }: Interval, scale: number): string {
  return `${Number((low * scale).toPrecision(2))}-${Number((high * scale).toPrecision(2))}`;
}
