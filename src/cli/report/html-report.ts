import type { Report, Table } from './contracts.js';
import { escapeXml } from './escape-xml.js';
import { formatCell } from './format-cell.js';
import { htmlFigures, htmlPage } from './html-page.js';

/** A report as a self-contained page. The same report gives the same bytes. */
export function htmlReport({ title, conditions, tables, charts }: Report): string {
  return htmlPage({ title, lead: conditions, body: htmlFigures(charts) + tables.map(section).join('') });
}

function section({ title, columns, rows, notes }: Table): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell, i) => `<${tag}${columns[i].unit === 'text' ? ' class="text"' : ''}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`;
  const head = line(
    columns.map(({ label }) => label),
    'th',
  );
  const body = rows.map((row) =>
    line(
      row.map((cell, i) => formatCell(cell, columns[i].unit)),
      'td',
    ),
  );
  const below = notes.map((note) => `<p>${escapeXml(note)}</p>`).join('');
  const table = `<table><thead>${head}</thead><tbody>${body.join('')}</tbody></table>`;
  return `<section><h2>${escapeXml(title)}</h2><div class="scroll">${table}</div>${below}</section>`;
}
