import { cutMiddle } from '../../callbacks/format.js';
import type { MapChart } from './contracts.js';
import { drawing, element, label, palette, type Svg } from './svg-parts.js';

/** Of the drawing, and of the square that the map lies in. */
const [width, side] = [220, 200];
const largestCell = 14;
/** As many shades as the eye can tell apart. */
const shades = 8;
const histogramHeight = 44;
const top = 40;
/** Characters of a title that fits into the drawing. */
const longestTitle = 32;

/** A mask from above, the darker the more of a cell is kept, and below it the histogram of its groups. */
export function svgMap({ title, subtitle, rows, columns, cells, occupancy }: MapChart): Svg {
  const cell = Math.min(largestCell, side / Math.max(rows, columns));
  const mapHeight = cell * rows;
  const most = cells.reduce((largest, density) => Math.max(largest, density), 0);
  const place = { transform: `translate(0 ${top}) scale(${Number(cell.toFixed(4))})` };
  const strokes = { stroke: palette[0], 'shape-rendering': 'crispEdges' };
  const frame = {
    x: 0,
    y: top,
    width: cell * columns,
    height: mapHeight,
    fill: 'none',
    stroke: 'currentColor',
    'stroke-opacity': '0.25',
  };
  const bars = top + mapHeight + 22;
  const parts = [
    label(0, 14, cutMiddle(title, longestTitle), 'start', { 'font-weight': 'bold', 'font-size': 12 }),
    label(0, 30, subtitle, 'start'),
    element('g', { ...place, ...strokes }, shadesOf(cells, columns, most)),
    element('rect', frame),
    histogram(occupancy, bars),
    label(0, bars + histogramHeight + 28, `kept of ${occupancy.length - 1} in a row, % of groups`, 'start'),
  ];
  return drawing(bars + histogramHeight + 34, parts.join(''), width);
}

/** A path for each shade: cells of one shade that lie side by side are one stroke, so that pages stay small. */
function shadesOf(cells: readonly number[], columns: number, most: number): string {
  const shade = cells.map((density) => (most === 0 ? 0 : Math.ceil((shades * density) / most - 1e-9)));
  const paths = Array.from({ length: shades + 1 }, () => '');
  for (let from = 0; from < shade.length; ) {
    const end = (Math.floor(from / columns) + 1) * columns;
    let to = from + 1;
    while (to < end && shade[to] === shade[from]) to++;
    paths[shade[from] as number] += `M${from % columns} ${Math.floor(from / columns) + 0.5}h${to - from}`;
    from = to;
  }
  return paths.map((d, i) => (i > 0 && d !== '' ? element('path', { d, 'stroke-opacity': String(i / shades) }) : '')).join('');
}

function histogram(occupancy: readonly number[], y: number): string {
  const groups = occupancy.reduce((sum, count) => sum + count, 0);
  const tallest = Math.max(...occupancy);
  const pitch = side / occupancy.length;
  return occupancy
    .map((count, nonzeros) => {
      const height = tallest === 0 ? 0 : (histogramHeight * count) / tallest;
      const [x, at] = [pitch * nonzeros, y + histogramHeight - height];
      const share = Math.round((100 * count) / Math.max(1, groups));
      const small = { 'font-size': 9 };
      return [
        element('rect', { x: x + 1, y: at, width: pitch - 2, height: Math.max(height, 0.5), fill: palette[0] }),
        count > 0 ? label(x + pitch / 2, at - 3, share === 0 ? '<1' : String(share), 'middle', small) : '',
        label(x + pitch / 2, y + histogramHeight + 12, String(nonzeros), 'middle', small),
      ].join('');
    })
    .join('');
}
