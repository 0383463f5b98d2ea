import { palette } from './charts.js';

/** Text made safe for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] as string);
}

/** A figure: title, legend in the palette's order, SVG, a sentence that says what to see. */
export function figure(title: string, legend: readonly string[], svg: string, caption: string): string {
  const keys = legend
    .map((name, i) => `<span><i style="background:${palette[i % palette.length]}"></i>${escapeHtml(name)}</span>`)
    .join('');
  return `<figure><h3>${escapeHtml(title)}</h3><div class="legend">${keys}</div>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** A table; the first column is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table></div>`;
}

/** A sentence below a table. */
export function paragraph(sentence: string): string {
  return `<p>${escapeHtml(sentence)}</p>`;
}

/** One big number with what it is. */
export function tile(value: string, what: string, note: string): string {
  return `<div class="tile"><b>${escapeHtml(value)}</b><span>${escapeHtml(what)}</span><small>${escapeHtml(note)}</small></div>`;
}

/** A self-contained page: no script, no font, no link to anywhere. */
export function page(title: string, lead: string, body: string, foot: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${css}</style></head>
<body><header><h1>${escapeHtml(title)}</h1><p>${escapeHtml(lead)}</p></header><main>${body}</main><footer>${escapeHtml(foot)}</footer></body></html>
`;
}

const css = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--paper:#fff;--card:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b3;--line:#333c47;--paper:#14181d;--card:#1c2229}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1040px;padding:32px 24px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:36px 0 12px;border-bottom:1px solid var(--line);padding-bottom:6px}
h3{font-size:14px;margin:0 0 2px}header p,figcaption,footer,small{color:var(--soft)}header p{margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px;margin-top:24px}
.tile{background:var(--card);border-radius:8px;padding:14px 16px;display:flex;flex-direction:column}
.tile b{font-size:25px;font-variant-numeric:tabular-nums}.tile small{font-size:12px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:20px}
figure{margin:0;background:var(--card);border-radius:8px;padding:14px 16px}figure svg{width:100%;height:auto;display:block}
figcaption{font-size:12.5px}.legend{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:12px;color:var(--soft);min-height:20px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:600}footer{margin-top:36px;font-size:12.5px}
`;
