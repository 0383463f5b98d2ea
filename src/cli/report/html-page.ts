import type { Chart } from './contracts.js';
import { escapeXml } from './escape-xml.js';
import { svgChart } from './svg-chart.js';

/** What a page consists of, from top to bottom. */
export interface HtmlPageParts {
  readonly title: string;
  /** Sentences below the title. */
  readonly lead: readonly string[];
  /** HTML, such as {@link htmlFigures} makes. */
  readonly body: string;
  /**
   * A line at the end.
   * @default none
   */
  readonly foot?: string;
}

/**
 * A self-contained page: no script, no font, no link to anywhere. It fits a screen and a phone, by day and by night.
 *
 * @example
 * ```ts
 * htmlPage({title: 'A run', lead: ['LeNet-5, seed 1'], body: '<p>done</p>'}).startsWith('<!doctype html>'); // true
 * ```
 */
export function htmlPage({ title, lead, body, foot }: HtmlPageParts): string {
  const sentences = lead.map((line) => `<p>${escapeXml(line)}</p>`).join('');
  const end = foot === undefined ? '' : `<footer>${escapeXml(foot)}</footer>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title><style>${css}</style></head>
<body><header><h1>${escapeXml(title)}</h1>${sentences}</header>
<main>${body}</main>${end}</body></html>
`;
}

/**
 * Charts as figures of an {@link htmlPage}, side by side where there is room; maps behind the others, in smaller ones.
 *
 * @example
 * ```ts
 * const axis = {label: 'step', unit: 'plain'} as const;
 * const chart = {kind: 'curves', title: 'Loss', x: axis, y: axis, series: [{name: 'loss', points: [[0, 2]]}]} as const;
 * htmlPage({title: 'A run', lead: [], body: htmlFigures([chart])}).includes('<figure>'); // true
 * ```
 */
export function htmlFigures(charts: readonly Chart[]): string {
  const [maps, others] = [true, false].map((small) => charts.filter(({ kind }) => (kind === 'map') === small));
  const part = (name: string, list: readonly Chart[]) =>
    list.length === 0 ? '' : `<div class="${name}">${list.map(figure).join('')}</div>`;
  return part('grid', others) + part('maps', maps);
}

function figure(chart: Chart): string {
  const caption = chart.note === undefined ? '' : `<figcaption>${escapeXml(chart.note)}</figcaption>`;
  return `<figure>${svgChart(chart).text}${caption}</figure>`;
}

const css = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--paper:#fff;--card:#f6f8fa}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b3;--line:#333c47;--paper:#14181d;--card:#1c2229}}
*{box-sizing:border-box}body{margin:0 auto;max-width:1040px;padding:32px 24px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 8px}
header p,section p,figcaption,footer,small{color:var(--soft)}header p,section p{margin:2px 0;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px;margin-top:24px}
.tile{background:var(--card);border-radius:8px;padding:14px 16px;display:flex;flex-direction:column}
.tile b{font-size:25px;font-variant-numeric:tabular-nums}.tile small{font-size:12px}
.grid,.maps{display:grid;gap:20px;margin-top:24px}
.grid{grid-template-columns:repeat(auto-fit,minmax(min(430px,100%),1fr))}
.maps{grid-template-columns:repeat(auto-fill,minmax(252px,1fr))}
figure{margin:0;background:var(--card);border-radius:8px;padding:14px 16px;overflow-x:auto}figcaption{font-size:12.5px}
.grid svg{width:100%;min-width:480px;height:auto;display:block}
@media (min-width:900px){.grid svg{min-width:0}}
@media (max-width:500px){body{padding:20px 12px}figure{padding:12px 10px}}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{color:var(--soft);font-weight:600}
th.text,td.text{text-align:left}footer{margin-top:36px;font-size:12.5px;overflow-wrap:anywhere}
`;
