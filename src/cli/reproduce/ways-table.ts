import { averageReduction, baselineNames } from './reductions.js';
import { byNetwork, type Simulations } from './simulations.js';
import { type WayName, ways } from './ways.js';

/** What the way of drawing and setting changes: per cent saved against each baseline, over the networks that were drawn in every way. */
export function waysTable({ draws }: Simulations): string[] {
  const others = draws.filter(({ way }) => way !== 'claims');
  if (others.length === 0) return [];
  const names = new Set(others.map(({ network }) => network));
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(i % 3 === 1 ? 8 : 6))).join('');
  const lines = (Object.keys(ways) as WayName[]).flatMap((way) => {
    const own = draws.filter((draw) => draw.way === way && names.has(draw.network));
    if (own.length === 0) return [];
    const cells = (['traffic', 'time', 'energy'] as const).flatMap((measure) =>
      baselineNames.map((baseline) => averageReduction(own, measure, baseline).mean.toFixed(1)),
    );
    return [row([way, ...cells])];
  });
  return [
    `% saved against SCNN, SIGMA, SparseTrain; means over ${[...byNetwork(others).keys()].join(', ')}:`,
    `${''.padEnd(18)}  traffic               time                energy`,
    row(['', ...baselineNames, ...baselineNames, ...baselineNames].map((name) => name.slice(0, 5))),
    ...lines,
  ];
}
