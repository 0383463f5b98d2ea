import type { GroupChart } from './contracts.js';
import { barAxis } from './svg-bar-axis.js';
import { drawing, element, heading, label, palette, type Svg, shortName } from './svg-parts.js';

/** Height of a bar, and of the room below a group. */
const [pitch, gap] = [10, 8];

/** Horizontal bars side by side in groups, with error bars, and a dashed line where the baseline is. */
export function svgGroups({ title, label: unitLabel, unit, names, baseline, groups }: GroupChart): Svg {
  const head = heading(title, names);
  const height = pitch * names.length + gap;
  const bottom = head.height + height * groups.length;
  const drawn = groups.flatMap(({ bars }, row) =>
    names.flatMap((name, i) => (name in bars ? [{ ...bars[name], y: head.height + height * row + pitch * i, i }] : [])),
  );
  const values = [baseline, ...drawn.flatMap(({ value, error }) => [value, value - error, value + error])];
  const labels = groups.map(({ name }) => shortName(name));
  const { left, x, parts: axis } = barAxis({ names: labels, values, unit, label: unitLabel, top: head.height, bottom });
  const titles = labels.map((name, row) => label(left - 6, head.height + height * (row + 0.5), name, 'end'));
  const bars = drawn.map(({ value, error, y, i }) => {
    const [low, high] = [x(Math.min(0, value)), x(Math.max(0, value))];
    const bar = { x: low, y, width: high - low, height: pitch - 1, fill: palette[i % palette.length] };
    const whisker = { x1: x(value - error), x2: x(value + error), y1: y + pitch / 2, y2: y + pitch / 2, stroke: 'currentColor' };
    return element('rect', bar) + (error > 0 ? element('line', whisker) : '');
  });
  const line = { x1: x(baseline), x2: x(baseline), y1: head.height, y2: bottom, stroke: 'currentColor' };
  const mark = baseline === 0 ? '' : element('line', { ...line, 'stroke-dasharray': '3,2' });
  return drawing(bottom + 36, head.parts + axis + titles.join('') + bars.join('') + mark);
}
