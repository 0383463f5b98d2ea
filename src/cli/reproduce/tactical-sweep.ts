import {
  type FilterLayer,
  inScanOrder,
  type RowSynchronousArray,
  tacticalConnections,
  tileArray,
  withFrontEnd,
} from '../../hw/index.js';
import type { ScheduleRule } from '../../kernels/index.js';
import { type LayoutName, layouts, sweepLayer } from './tactical-layouts.js';
import { ruleOf, tiles } from './tactical-networks.js';

/** The curves of Figs. 12 and 13, by name. */
export const sweepNames = ['T8<1,6>', 'T8<2,5>', 'T8<3,4>', 'T8<2,5> greedy, lookaside first', 'L8<2,5>'] as const;
export type SweepName = (typeof sweepNames)[number];

/** Speed-ups over the dense schedule at one sparsity of Bernoulli weights. */
export interface SweepPoint {
  readonly sparsity: number;
  /** All filters of a tile skip rows together, and tiles wait for each other. */
  readonly tile: Readonly<Record<SweepName, number>>;
  /** Each processing element skips rows for itself, mean over them: nobody waits. */
  readonly element: Readonly<Record<SweepName, number>>;
}

const rules: Record<SweepName, ScheduleRule> = {
  'T8<1,6>': ruleOf(1, 6),
  'T8<2,5>': ruleOf(2, 5),
  'T8<3,4>': ruleOf(3, 4),
  'T8<2,5> greedy, lookaside first': ruleOf(2, 5, {
    policy: 'greedy',
    connections: inScanOrder(tacticalConnections('T', 2, 5), 'lookaside-first'),
  }),
  'L8<2,5>': ruleOf(2, 5, { connections: inScanOrder(tacticalConnections('L', 2, 5), 'by-row') }),
};

/** Speed-ups at 0, 5 ... 95 % of zeros. */
export function runSweep(seed: number): readonly SweepPoint[] {
  const arrays = (decoupled: boolean) =>
    Object.entries(rules).map(
      ([name, rule]) => [name, withFrontEnd(tileArray(tiles), { ...rule, decoupled, shuffle: false })] as const,
    );
  const [together, alone] = [arrays(false), arrays(true)];
  return Array.from({ length: 20 }, (_, i) => {
    const sparsity = i / 20;
    const layer = sweepLayer(sparsity, 'bernoulli', `sweep/${seed}`);
    const each = (of: typeof together, speedup: (array: RowSynchronousArray) => number) =>
      Object.fromEntries(of.map(([name, array]) => [name, speedup(array)])) as Record<SweepName, number>;
    return {
      sparsity,
      tile: each(together, (array) => tileSpeedup(array, layer)),
      element: each(alone, (array) => elementSpeedup(array, layer)),
    };
  });
}

/** The speed-ups at the sparsity next to the one that is asked for. */
export function pointAt(sweep: readonly SweepPoint[], sparsity: number): SweepPoint {
  return sweep.reduce((best, point) => (Math.abs(point.sparsity - sparsity) < Math.abs(best.sparsity - sparsity) ? point : best));
}

/** The lowest sparsity from which on T8<3,4> is the faster one. */
export function crossover(sweep: readonly SweepPoint[], mode: 'tile' | 'element'): number {
  const behind = sweep.filter((point) => point[mode]['T8<2,5>'] >= point[mode]['T8<3,4>']);
  return (behind.at(-1)?.sparsity ?? 0) + 0.05;
}

/** How far the speed-up of T8<2,5> under one layout of zeros is off the mean over layouts, %, the farthest, by mode. */
export interface LayoutDeviation {
  readonly sparsity: number;
  readonly tile: number;
  readonly element: number;
}

/** The deviations at 20 to 90 % of zeros. */
export function layoutDeviations(seed: number): readonly LayoutDeviation[] {
  const [together, alone] = [false, true].map((decoupled) =>
    withFrontEnd(tileArray(tiles), { ...ruleOf(2, 5, { decoupled }), shuffle: false }),
  );
  return [0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((sparsity) => {
    const layers = (Object.keys(layouts) as LayoutName[]).map((layout) => sweepLayer(sparsity, layout, `layouts/${seed}`));
    return {
      sparsity,
      tile: farthest(layers.map((layer) => tileSpeedup(together, layer))),
      element: farthest(layers.map((layer) => elementSpeedup(alone, layer))),
    };
  });
}

function farthest(speedups: readonly number[]): number {
  const mean = speedups.reduce((sum, one) => sum + one, 0) / speedups.length;
  return 100 * Math.max(...speedups.map((one) => Math.abs(one / mean - 1)));
}

function tileSpeedup(together: RowSynchronousArray, layer: FilterLayer): number {
  return layer.rows / Math.max(...together.issue(layer).map((rows) => Math.max(...rows)));
}

function elementSpeedup(alone: RowSynchronousArray, layer: FilterLayer): number {
  const rows = alone.issue(layer).flatMap((set) => [...set]);
  return (layer.rows * rows.length) / rows.reduce((sum, count) => sum + count, 0);
}
