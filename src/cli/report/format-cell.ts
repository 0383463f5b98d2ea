import { joules, percent, si } from '../../callbacks/format.js';
import type { Cell, Unit } from './contracts.js';

/** A value as a person reads it: four significant digits. */
export function formatCell(cell: Cell, unit: Unit): string {
  if (cell === null) return '-';
  if (typeof cell === 'string' || unit === 'text') return String(cell);
  if (unit === 'energyPj') return joules(cell);
  if (unit === 'seconds') return `${si(cell)}s`;
  if (unit === 'share') return percent(cell);
  if (unit === 'times') return cell < 999.5 ? `${cell.toPrecision(3)}x` : `${Math.round(cell)}x`;
  return unit === 'count' ? si(cell) : String(Number(cell.toPrecision(4)));
}
