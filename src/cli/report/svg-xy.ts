import type { XyChart } from './contracts.js';
import { formatCell } from './format-cell.js';
import { axisOf } from './svg-axis.js';
import { chartWidth, drawing, element, heading, label, palette, type Svg } from './svg-parts.js';

const [left, plotHeight, plotWidth] = [70, 260, chartWidth - 100];
/** More would be closer than the eye can tell, and make large pages. */
const mostOnCurve = 400;

/** Points, or curves, over two axes. */
export function svgXy({ kind, title, x, y, series }: XyChart): Svg {
  const names = series.map(({ name }) => name);
  const head = heading(title, names);
  const bottom = head.height + plotHeight;
  const all = series.flatMap(({ points }) => points);
  const xAxis = axisOf(
    all.map(([value]) => value),
    kind === 'points',
  );
  const yAxis = axisOf(
    all.map(([, value]) => value),
    y.fromZero ?? true,
  );
  const px = (value: number) => left + plotWidth * xAxis.place(value);
  const py = (value: number) => bottom - plotHeight * yAxis.place(value);
  const faint = { stroke: 'currentColor', 'stroke-opacity': '0.15' };
  const grid = [
    ...xAxis.ticks.map(
      (tick) =>
        element('line', { x1: px(tick), x2: px(tick), y1: head.height, y2: bottom, ...faint }) +
        label(px(tick), bottom + 14, formatCell(tick, x.unit), 'middle'),
    ),
    ...yAxis.ticks.map(
      (tick) =>
        element('line', { x1: left, x2: left + plotWidth, y1: py(tick), y2: py(tick), ...faint }) +
        label(left - 6, py(tick) + 4, formatCell(tick, y.unit), 'end'),
    ),
  ];
  const drawn = series.map(({ points }, i) => {
    const colour = palette[i % palette.length];
    // A line through one point would not be seen.
    if (kind === 'points' || points.length === 1) {
      return points
        .map(([a, b]) => element('circle', { cx: px(a), cy: py(b), r: 3, fill: colour, 'fill-opacity': '0.75' }))
        .join('');
    }
    const path = thinned(points).map(([a, b]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`);
    return element('polyline', { points: path.join(' '), fill: 'none', stroke: colour, 'stroke-width': '1.6' });
  });
  const axes =
    label(left + plotWidth / 2, bottom + 30, x.label, 'middle') +
    label(14, head.height + plotHeight / 2, y.label, 'middle', { transform: `rotate(-90 14 ${head.height + plotHeight / 2})` });
  return drawing(bottom + 36, head.parts + grid.join('') + drawn.join('') + axes);
}

/** Means over bins of neighbours, where there are too many. */
function thinned(points: XyChart['series'][number]['points']): XyChart['series'][number]['points'] {
  const size = Math.ceil(points.length / mostOnCurve);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const bin = points.slice(i * size, (i + 1) * size);
    const mean = (axis: 0 | 1) => bin.reduce((sum, point) => sum + point[axis], 0) / bin.length;
    return [mean(0), mean(1)] as const;
  });
}
