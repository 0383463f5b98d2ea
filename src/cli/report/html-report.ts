import type { Chart, Report, Table } from './contracts.js';
import { escapeXml } from './escape-xml.js';
import { formatCell } from './format-cell.js';
import { svgChart } from './svg-chart.js';

/** A report as a self-contained page: no script, no font, no link to anywhere. The same report gives the same bytes. */
export function htmlReport({ title, conditions, tables, charts }: Report): string {
  const lead = conditions.map((line) => `<p>${escapeXml(line)}</p>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title><style>${css}</style></head>
<body><header><h1>${escapeXml(title)}</h1>${lead}</header>
<main><div class="grid">${charts.map(figure).join('')}</div>${tables.map(section).join('')}</main></body></html>
`;
}

function figure(chart: Chart): string {
  return `<figure>${svgChart(chart).text}</figure>`;
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

const css = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--paper:#fff;--card:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b3;--line:#333c47;--paper:#14181d;--card:#1c2229}}
body{margin:0 auto;max-width:1040px;padding:32px 24px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}header p,section p{color:var(--soft);margin:2px 0}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:20px;margin-top:24px}
figure{margin:0;background:var(--card);border-radius:8px;padding:14px 16px}figure svg{width:100%;height:auto;display:block}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{color:var(--soft);font-weight:600}
th.text,td.text{text-align:left}
`;
