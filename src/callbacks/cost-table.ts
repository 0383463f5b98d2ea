import { phases } from '../hw/phases.js';
import type { AcceleratorReport, CostReport } from './cost-report.js';
import type { Estimate } from './estimate-total.js';
import { cutMiddle, joules, percent, si } from './format.js';

/** A cost report as text of at most 80 columns. */
export function costTable(report: CostReport): string {
  return [
    heading(report),
    '',
    ...overview(report),
    ...metrics(report),
    ...resources(report),
    ...report.accelerators.flatMap((one) => ['', ...details(one)]),
  ].join('\n');
}

function heading({ label, sample, queue }: CostReport): string {
  const steps = sample.every === 1 ? 'every step' : `${sample.sampledSteps} of them, every ${ordinal(sample.every)}`;
  const images = sample.images === null ? 'all images' : `${sample.images} images of each batch`;
  const place = queue.workers === 0 ? 'inline' : `${queue.workers} worker${queue.workers > 1 ? 's' : ''}`;
  return [
    `${label} cost of ${sample.steps} training steps`,
    `taken from ${steps}, ${images}`,
    `${place}, queue depth at most ${queue.maxDepth}, training waited ${queue.waits} times`,
    ...wrapped('not seen, in no figure', sample.unseenLayers),
  ].join('\n');
}

const overviewWidths = [16, 16, 9, 9, 10];

function overview({ accelerators }: CostReport): string[] {
  return [
    row(['accelerator', 'cycles', 'energy', 'useful', 'of ideal', 'eff. MACs'], overviewWidths),
    ...accelerators.map(({ name, cycles, energyPj, utilisation, total }) => {
      const energy = { value: joule(energyPj.value), error: energyPj.error === null ? null : joule(energyPj.error) };
      const numbers = [utilisation, total.idealCycles / total.cycles, total.macs.effectual / total.macs.dense].map(shareOf);
      return row([name, withError(cycles, ''), withError(energy, 'J'), ...numbers], overviewWidths);
    }),
  ];
}

/**
 * Rows of metrics (`per mm2`: samples per second and mm2) for the accelerators whose specs tell a clock, and of which node their mm2
 * are, as only those of one node can be compared; nothing for none.
 */
function metrics({ accelerators }: CostReport): string[] {
  const known = accelerators.flatMap((one) => (one.metrics ? [{ ...one, metrics: one.metrics }] : []));
  if (known.length === 0) return [];
  const perCent = (value: number | null) => (value === null ? '-' : percent(value / 100));
  return [
    '',
    row(['modelled, training', 'samples/s', 'J/sample', 'power', 'bandwidth', 'per mm2']),
    ...known.map(({ name, metrics: m }) =>
      row([
        name,
        si(m.trainingSamplesPerSecond),
        `${si(m.trainingJoulePerSample)}J`,
        `${si(m.powerWatt)}W`,
        perCent(m.bandwidthUtilisationPercent),
        m.trainingSamplesPerSecondPerMm2 === null ? '-' : si(m.trainingSamplesPerSecondPerMm2),
      ]),
    ),
    ...wrapped(
      'mm2',
      known.flatMap(({ name, resources: r }) => (r?.areaBasis ? [`${name} ${r.areaBasis}`] : [])),
    ),
    row(['run and inference', 'seconds', 'kWh', 'J s', 'infer/s', 'J/inference']),
    ...known.map(({ name, metrics: m }) =>
      row([
        name,
        si(m.seconds),
        m.kilowattHours.toPrecision(4),
        si(m.energyDelayJouleSeconds),
        si(m.inferenceSamplesPerSecond),
        `${si(m.inferenceJoulePerSample)}J`,
      ]),
    ),
  ];
}

const resourceWidths = [8, 14, 10, 6, 7, 15];

/** What the accelerators whose kind is known have to work with, and in what they differ; nothing for none. */
function resources({ accelerators, unequalResources }: CostReport): string[] {
  const known = accelerators.flatMap(({ name, resources: r }) => (r ? [{ name, ...r }] : []));
  if (known.length === 0) return [];
  return [
    '',
    row(['resources', 'units', 'DRAM B/cycle', 'SRAM KB', 'bits', 'GHz', 'energy'], resourceWidths),
    ...known.map(({ name, units, dramBytesPerCycle, sramKb, valueBits, clockGhz, energyTable }) => {
      const numbers = [units, dramBytesPerCycle, sramKb, valueBits, clockGhz].map(String);
      return row([name, ...numbers, energyTable], resourceWidths);
    }),
    ...wrapped('unequal, so ratios compare these as well', unequalResources),
  ];
}

function details({ name, rows, total, idle, decisions }: AcceleratorReport): string[] {
  const layers = [...new Set(rows.map(({ layer }) => layer))];
  const lines = layers.map((layer) => {
    const own = rows.filter((candidate) => candidate.layer === layer);
    const cycles = phases.map((phase) => own.find((candidate) => candidate.phase === phase)?.cost.cycles);
    const energyPj = own.reduce((sum, { cost }) => sum + cost.energyPj, 0);
    return row([layer, ...cycles.map((count) => (count === undefined ? '-' : si(count))), joules(energyPj)]);
  });
  const shares = Object.entries(total.byComponentPj).map(([part, pj]) => [part, pj / total.energyPj] as const);
  const chosen = Object.entries(decisions).map(([question, answers]) => {
    const count = Object.values(answers).reduce((sum, one) => sum + one, 0);
    return list(
      question,
      Object.entries(answers).map(([answer, times]) => [answer, times / count] as const),
    );
  });
  return [
    row([`${name}, cycles`, 'forward', 'input grad', 'weight grad', 'update', 'energy']),
    ...lines,
    ...[list('energy', shares), list('idle', Object.entries(idle)), ...chosen].flat(),
  ];
}

/** `name: a 60 %, b 40 %`, the largest first; shares that would show as 0 are left out. */
function list(name: string, shares: readonly (readonly [string, number])[]): string[] {
  const shown = shares.filter(([, share]) => share >= 0.0005).sort((a, b) => b[1] - a[1]);
  return wrapped(
    `  ${name}`,
    shown.map(([what, share]) => `${what} ${percent(share)}`),
  );
}

/** `name: one, two`, broken to 80 columns; nothing for no items. */
function wrapped(name: string, items: readonly string[]): string[] {
  const lines: string[] = [];
  let line = `${name}:`;
  for (const [i, item] of items.entries()) {
    if (line.length + item.length > 78) {
      lines.push(line);
      line = '   ';
    }
    line += ` ${item}${i < items.length - 1 ? ',' : ''}`;
  }
  return items.length === 0 ? [] : [...lines, line];
}

/** A name of 19 columns, then numbers, right-aligned: 79 columns in all. */
function row([name = '', ...cells]: readonly string[], widths = [12, 12, 12, 12, 12]): string {
  return cutMiddle(name, 19).padEnd(19) + cells.map((cell, i) => cell.padStart(widths[i] as number)).join('');
}

function withError({ value, error }: Estimate, unit: string): string {
  if (error === 0) return si(value) + unit;
  return `${si(value)}${unit}${error === null ? ' +-?' : `+-${percent(error / value).replace(' ', '')}`}`;
}

/** A share in per cent; of no steps none is known. */
const shareOf = (share: number) => (Number.isNaN(share) ? '-' : percent(share));

const joule = (picojoule: number) => picojoule * 1e-12;

const ordinal = (n: number) => `${n}${n % 100 > 10 && n % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')}`;
