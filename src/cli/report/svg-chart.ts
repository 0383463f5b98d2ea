import type { Chart, Report } from './contracts.js';
import { svgBars } from './svg-bars.js';
import { svgGroups } from './svg-groups.js';
import { svgMap } from './svg-map.js';
import { chartWidth, element, type Svg } from './svg-parts.js';
import { svgXy } from './svg-xy.js';

const margin = 16;

/**
 * A chart as SVG, without script or font; the same chart gives the same bytes. Its colours but those of the data follow `currentColor`.
 *
 * @example
 * ```ts
 * const axis = {label: 'step', unit: 'plain'} as const;
 * const {text} = svgChart({kind: 'curves', title: 'Loss', x: axis, y: axis, series: [{name: 'loss', points: [[0, 2], [1, 1]]}]});
 * text.startsWith('<svg'); // true
 * ```
 */
export function svgChart(chart: Chart): Svg {
  if (chart.kind === 'map') return svgMap(chart);
  if (chart.kind === 'bars') return svgBars(chart);
  return chart.kind === 'groups' ? svgGroups(chart) : svgXy(chart);
}

/** All charts of a report, one below the other, on white. */
export function svgReport({ charts }: Pick<Report, 'charts'>): string {
  let y = margin;
  const placed = charts.map((chart) => {
    const { text, height } = svgChart(chart);
    const at = y;
    y += height + 2 * margin;
    return element('g', { transform: `translate(${margin} ${at})` }, text);
  });
  const [width, height] = [chartWidth + 2 * margin, Math.round(y)];
  const size = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`, color: 'black' };
  return `${element('svg', size, element('rect', { width, height, fill: 'white' }) + placed.join(''))}\n`;
}
