import { canonicalJson } from '../../callbacks/canonical-json.js';
import { secondsOf } from '../../hw/index.js';
import { phases } from '../../hw/phases.js';
import type { Cell, Chart, Column, Report, Table } from '../report/contracts.js';
import type { Reported } from '../report/write-report.js';
import { version } from '../version.js';
import { workloadFieldNames } from '../workload/workload.js';
import { paretoFront } from './pareto-front.js';
import type { Setting } from './setting-values.js';
import type { FinishedPoint } from './sweep-file.js';

type PricedPoint = Extract<FinishedPoint, { costs: unknown }>;
type Settings = Readonly<Record<string, Setting>>;

/** Points with costs, and whether each is on the front of its workload. */
export interface RankedPoint extends PricedPoint {
  readonly onFront: boolean;
}

/** Most rows that a person reads. */
const shownRows = 24;

/** A sweep and its report. */
export function reportedSweep(points: readonly FinishedPoint[]): Reported {
  const ranked = rankedPoints(points);
  const failed = points.filter((point) => 'error' in point);
  return { result: { kind: 'sweep', version, points: [...ranked, ...failed] }, report: sweepReport(points, ranked) };
}

/** The points with costs. A front is of one workload each, since only points of one do the same work. */
export function rankedPoints(points: readonly FinishedPoint[]): readonly RankedPoint[] {
  const priced = points.filter((point) => 'costs' in point);
  const ranked = new Map<string, boolean>();
  for (const group of byWorkload(priced)) {
    const hasArea = countsArea(group);
    const objectives = group.map((point) => [
      timeOf(point),
      point.costs.energyPj,
      ...(hasArea ? [point.costs.areaMm2 as number] : []),
    ]);
    for (const [i, onFront] of paretoFront(objectives).entries()) ranked.set(group[i].id, onFront);
  }
  return priced.map((point) => ({ ...point, onFront: ranked.get(point.id) as boolean }));
}

/** Seconds; at 1 GHz where no clock is told. */
function timeOf({ costs: { cycles, clockGhz } }: PricedPoint): number {
  return secondsOf(cycles, clockGhz ?? 1);
}

/** Whether points run at several clocks, so that cycles do not tell which takes longer. */
function clocksDiffer(points: readonly PricedPoint[]): boolean {
  return new Set(points.map(({ costs }) => costs.clockGhz ?? 1)).size > 1;
}

function byWorkload(points: readonly PricedPoint[]): PricedPoint[][] {
  const groups = new Map<string, PricedPoint[]>();
  for (const point of points) {
    const workload = point.workload ?? canonicalJson(workloadOf(point.settings));
    const group = groups.get(workload);
    if (group) group.push(point);
    else groups.set(workload, [point]);
  }
  return [...groups.values()];
}

/** Areas rank where all points declare one, of the same node, and all with SRAM or all without; files of earlier versions do not tell. */
function countsArea(points: readonly PricedPoint[]): boolean {
  const bases = new Set(points.map(areaBasisOf));
  return bases.size === 1 && !bases.has(null);
}

/** What the mm2 of a point are of; null where it has none, or its file does not tell. */
function areaBasisOf({ costs }: PricedPoint): string | null {
  return costs.areaMm2 === null ? null : (costs.areaBasis ?? null);
}

function sweepReport(points: readonly FinishedPoint[], ranked: readonly RankedPoint[]): Report {
  const failures = points.flatMap((point) => ('error' in point ? [point.error] : []));
  const settings = points.map(allSettings);
  const names = [...new Set(settings.flatMap((one) => Object.keys(one)))];
  const varied = names.filter((name) => new Set(settings.map((one) => one[name])).size > 1);
  const fixed = names.filter((name) => !varied.includes(name)).map((name) => `${name} ${settings[0]?.[name]}`);
  return {
    title: `Sweep of ${counted(points.length)}, modelled`,
    conditions: [
      ...(fixed.length > 0 ? [fixed.join(', ')] : []),
      ...new Set(points.flatMap(({ notes = [] }) => notes)),
      ...(failures.length > 0 ? [`${counted(failures.length)} without costs; the first: ${failures[0]}`] : []),
    ],
    tables: [frontTable(ranked, varied)],
    charts: ranked.length === 0 ? [] : [frontChart(ranked)],
    data: dataTable(ranked, names),
  };
}

/** With those that were not given. */
function allSettings({ settings, defaults }: FinishedPoint): Settings {
  return { ...settings, ...defaults };
}

function workloadOf(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => workloadFieldNames.includes(name)));
}

const costColumns: readonly Column[] = [
  { name: 'cycles', label: 'cycles', unit: 'count' },
  { name: 'energyPj', label: 'energy', unit: 'energyPj' },
  { name: 'areaMm2', label: 'mm2', unit: 'plain' },
  { name: 'utilisation', label: 'useful', unit: 'share' },
];
const costsOf = ({ costs }: PricedPoint): Cell[] => [costs.cycles, costs.energyPj, costs.areaMm2, costs.utilisation];

const timeColumn: Column = { name: 'seconds', label: 'time', unit: 'seconds' };
const areaBasisColumn: Column = { name: 'areaBasis', label: 'mm2 of', unit: 'text' };

function frontTable(ranked: readonly RankedPoint[], varied: readonly string[]): Table {
  const front = ranked.filter(({ onFront }) => onFront).sort((a, b) => timeOf(a) - timeOf(b));
  const rest = front.length - shownRows;
  const withTime = clocksDiffer(ranked);
  const withBasis = new Set(front.filter(({ costs }) => costs.areaMm2 !== null).map(areaBasisOf)).size > 1;
  return {
    title: `Pareto front, ${counted(front.length)}`,
    columns: [
      ...settingColumns(front, varied),
      ...costColumns,
      ...(withTime ? [timeColumn] : []),
      ...(withBasis ? [areaBasisColumn] : []),
    ],
    rows: front
      .slice(0, shownRows)
      .map((point) => [
        ...settingCells(point, varied),
        ...costsOf(point),
        ...(withTime ? [timeOf(point)] : []),
        ...(withBasis ? [areaBasisOf(point)] : []),
      ]),
    notes: [frontNote(byWorkload(ranked)), ...(rest > 0 ? [`${rest} more are in the files.`] : [])],
  };
}

function frontNote(workloads: readonly (readonly PricedPoint[])[]): string {
  const withArea = workloads.filter(countsArea).length;
  if (withArea === 0) {
    return 'No other point of the same workload takes less time and less energy; area does not count, as not all declare one of the same node.';
  }
  const where =
    withArea < workloads.length
      ? ` (in ${withArea} of ${workloads.length} workloads; else not all declare one of the same node)`
      : '';
  return `No other point of the same workload takes less time, less energy and less area${where}.`;
}

function frontChart(ranked: readonly RankedPoint[]): Chart {
  const withTime = clocksDiffer(ranked);
  const pointsOf = (onFront: boolean) =>
    ranked
      .filter((point) => point.onFront === onFront)
      .map((point) => [withTime ? timeOf(point) : point.costs.cycles, point.costs.energyPj] as const);
  return {
    kind: 'points',
    title: `${withTime ? 'Time' : 'Cycles'} and energy of all points, modelled`,
    x: withTime ? { label: 'time', unit: 'seconds' } : { label: 'cycles', unit: 'count' },
    y: { label: 'energy', unit: 'energyPj' },
    series: [
      { name: 'beaten', points: pointsOf(false) },
      { name: 'Pareto front', points: pointsOf(true) },
    ],
  };
}

function dataTable(ranked: readonly RankedPoint[], names: readonly string[]): Table {
  const count = (name: string): Column => ({ name, label: name, unit: 'count' });
  return {
    title: 'Points',
    columns: [
      { name: 'id', label: 'id', unit: 'text' },
      ...settingColumns(ranked, names),
      ...costColumns,
      timeColumn,
      count('idealCycles'),
      { name: 'limitedBy', label: 'limited by', unit: 'text' },
      areaBasisColumn,
      ...phases.map((phase) => count(`${phase}Cycles`)),
      { name: 'paretoFront', label: 'front', unit: 'text' },
    ],
    rows: ranked.map((point) => [
      point.id,
      ...settingCells(point, names),
      ...costsOf(point),
      timeOf(point),
      point.costs.idealCycles,
      point.costs.limitedBy,
      areaBasisOf(point),
      ...phases.map((phase) => point.costs.cyclesByPhase[phase]),
      point.onFront ? 'yes' : 'no',
    ]),
    notes: [],
  };
}

/** A setting that is a number in all points is a column of numbers. */
function settingColumns(points: readonly PricedPoint[], names: readonly string[]): Column[] {
  return names.map((name) => {
    const values = points.map((point) => allSettings(point)[name]);
    const isNumber = values.every((value) => value === undefined || typeof value === 'number');
    return { name, label: name, unit: isNumber ? 'plain' : 'text' };
  });
}

function settingCells(point: PricedPoint, names: readonly string[]): Cell[] {
  const settings = allSettings(point);
  return names.map((name) => {
    const value = settings[name];
    return typeof value === 'boolean' ? String(value) : (value ?? null);
  });
}

function counted(points: number): string {
  return `${points} point${points === 1 ? '' : 's'}`;
}
