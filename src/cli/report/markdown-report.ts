import type { Report, Table } from './contracts.js';
import { formatCell } from './format-cell.js';

/** A report as Markdown; charts are left out. */
export function markdownReport({ title, conditions, tables }: Report): string {
  const lead = conditions.map((line) => `- ${line}`).join('\n');
  return `${[`# ${title}`, lead, ...tables.map(markdownTable)].join('\n\n')}\n`;
}

function markdownTable({ title, columns, rows, notes }: Table): string {
  const inCell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\r?\n/g, '<br>');
  const line = (cells: readonly string[]) => `| ${cells.map(inCell).join(' | ')} |`;
  const isText = (i: number) => i === 0 || columns[i].unit === 'text';
  const table = [
    line(columns.map(({ label }) => label)),
    line(columns.map((_, i) => (isText(i) ? '---' : '---:'))),
    ...rows.map((row) => line(row.map((cell, i) => formatCell(cell, columns[i].unit)))),
  ].join('\n');
  return [`## ${title}`, table, ...notes].join('\n\n');
}
