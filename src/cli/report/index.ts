/**
 * Reports as data, and what pages are made of: pure functions that give text, for node and browsers alike.
 *
 * @module
 */
export type { BarChart, Chart, GroupChart, MapChart, MeasuredBar, Unit, XyChart } from './contracts.js';
export { escapeXml } from './escape-xml.js';
export { foldParts } from './fold-parts.js';
export { type HtmlPageParts, htmlFigures, htmlPage } from './html-page.js';
export { maskCharts } from './mask-charts.js';
export { svgChart } from './svg-chart.js';
export { palette, type Svg } from './svg-parts.js';
