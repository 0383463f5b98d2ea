import type { BarChart } from './contracts.js';
import { barAxis } from './svg-bar-axis.js';
import { drawing, element, heading, label, palette, type Svg, shortName } from './svg-parts.js';

const pitch = 24;

/** Stacked horizontal bars; negative parts to the left of zero. */
export function svgBars({ title, label: unitLabel, unit, parts, bars }: BarChart): Svg {
  const head = heading(title, parts);
  const bottom = head.height + pitch * bars.length;
  const sizesOf = (bar: BarChart['bars'][number]) => parts.map((part) => bar.parts[part] ?? 0);
  const sum = (sizes: readonly number[], isLeft: boolean) =>
    sizes.reduce((total, size) => (size < 0 === isLeft ? total + size : total), 0);
  const values = bars.map(sizesOf).flatMap((sizes) => [sum(sizes, true), sum(sizes, false)]);
  const names = bars.map(({ name }) => shortName(name));
  const { left, x, parts: axis } = barAxis({ names, values, unit, label: unitLabel, top: head.height, bottom });
  const rows = bars.map((bar, row) => {
    const y = head.height + pitch * row + 3;
    const ends = { left: 0, right: 0 };
    const rects = sizesOf(bar).map((size, i) => {
      const side = size < 0 ? 'left' : 'right';
      const from = ends[side];
      ends[side] += size;
      const [low, high] = [x(Math.min(from, ends[side])), x(Math.max(from, ends[side]))];
      const place = { x: low, y, width: high - low, height: pitch - 6, fill: palette[i % palette.length] };
      return size === 0 ? '' : element('rect', place);
    });
    return label(left - 6, y + 13, names[row] as string, 'end') + rects.join('');
  });
  return drawing(bottom + 36, head.parts + axis + rows.join(''));
}
