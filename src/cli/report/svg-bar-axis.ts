import type { Unit } from './contracts.js';
import { formatCell } from './format-cell.js';
import { axisOf } from './svg-axis.js';
import { chartWidth, element, label, textWidth } from './svg-parts.js';

/** What horizontal bars stand on. */
interface BarAxis {
  /** Where the bars' field begins, behind their names. */
  readonly left: number;
  /** The place of a value. */
  x(value: number): number;
  /** Grid, numbers and label. */
  readonly parts: string;
}

interface BarField {
  /** At most 60 letters each. */
  readonly names: readonly string[];
  /** Ends of the bars. */
  readonly values: readonly number[];
  readonly unit: Unit;
  readonly label: string;
  readonly top: number;
  readonly bottom: number;
}

/** The axis below horizontal bars, from zero on. */
export function barAxis({ names, values, unit, label: unitLabel, top, bottom }: BarField): BarAxis {
  const left = 10 + Math.max(0, ...names.map(textWidth));
  const width = chartWidth - left - 30;
  const axis = axisOf(values, true);
  const x = (value: number) => left + width * axis.place(value);
  const grid = axis.ticks.map((tick) => {
    const line = { x1: x(tick), x2: x(tick), y1: top, y2: bottom, stroke: 'currentColor', 'stroke-opacity': '0.15' };
    return element('line', line) + label(x(tick), bottom + 14, formatCell(tick, unit), 'middle');
  });
  return { left, x, parts: grid.join('') + label(left + width / 2, bottom + 30, unitLabel, 'middle') };
}
