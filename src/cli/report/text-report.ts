import type { Report } from './contracts.js';
import { textTable, wrapped } from './text-table.js';

/** A report as text of at most 80 columns; charts are left out. */
export function textReport({ title, conditions, tables }: Report): string {
  const head = [title, ...conditions].map(wrapped).join('\n');
  return [head, ...tables.map(textTable)].join('\n\n');
}
