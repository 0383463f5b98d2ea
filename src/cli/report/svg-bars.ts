import type { BarChart } from './contracts.js';
import { formatCell } from './format-cell.js';
import { axisOf } from './svg-axis.js';
import { chartWidth, drawing, element, heading, label, palette, type Svg, textWidth } from './svg-parts.js';

const pitch = 24;

/** Stacked horizontal bars. */
export function svgBars({ title, label: unitLabel, unit, parts, bars }: BarChart): Svg {
  const head = heading(title, parts);
  const left = 10 + Math.max(...bars.map(({ name }) => textWidth(name)));
  const width = chartWidth - left - 30;
  const bottom = head.height + pitch * bars.length;
  const sums = bars.map((bar) => parts.reduce((sum, part) => sum + (bar.parts[part] ?? 0), 0));
  const axis = axisOf(sums, true);
  const x = (value: number) => left + width * axis.place(value);
  const grid = axis.ticks.map((tick) => {
    const line = { x1: x(tick), x2: x(tick), y1: head.height, y2: bottom, stroke: 'currentColor', 'stroke-opacity': '0.15' };
    return element('line', line) + label(x(tick), bottom + 14, formatCell(tick, unit), 'middle');
  });
  const rows = bars.map(({ name, parts: sizes }, row) => {
    const y = head.height + pitch * row + 3;
    let from = 0;
    const rects = parts.map((part, i) => {
      const size = sizes[part] ?? 0;
      const place = { x: x(from), y, width: x(from + size) - x(from), height: pitch - 6, fill: palette[i % palette.length] };
      from += size;
      return size > 0 ? element('rect', place) : '';
    });
    return label(left - 6, y + 13, name, 'end') + rects.join('');
  });
  const foot = label(left + width / 2, bottom + 30, unitLabel, 'middle');
  return drawing(bottom + 36, head.parts + grid.join('') + rows.join('') + foot);
}
