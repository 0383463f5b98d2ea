import { cutMiddle } from '../../callbacks/format.js';
import { escapeXml } from './escape-xml.js';

/** A drawing of its own size. */
export interface Svg {
  readonly width: number;
  readonly height: number;
  /** The whole element. */
  readonly text: string;
}

/** Distinguishable also for the colour-blind (Okabe and Ito 2008). */
export const palette = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#7f7f7f',
  '#b2a100',
  '#8c564b',
  '#332288',
];

/** Width of all charts. */
export const chartWidth = 640;

type Attributes = Readonly<Record<string, string | number>>;

/** An element; numbers are rounded to tenths, so that pages stay small. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => {
    return ` ${key}="${typeof value === 'number' ? Math.round(value * 10) / 10 : escapeXml(value)}"`;
  });
  return `<${name}${list.join('')}>${content}</${name}>`;
}

/** Text; `anchor` is the end that x names. */
export function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end', more: Attributes = {}): string {
  return element('text', { x, y, 'text-anchor': anchor, ...more }, escapeXml(text));
}

/** About how wide a text is. */
export function textWidth(text: string): number {
  return 6.8 * text.length;
}

/** A name that leaves room for what stands beside it. */
export function shortName(name: string): string {
  return cutMiddle(name, 60);
}

/** The title and, below it, a colour for each name. */
export function heading(title: string, names: readonly string[]): { readonly parts: string; readonly height: number } {
  const parts = [label(0, 14, title, 'start', { 'font-weight': 'bold', 'font-size': 13 })];
  let [x, y] = [0, 34];
  for (const [i, name] of names.entries()) {
    const width = 24 + textWidth(name);
    if (x > 0 && x + width > chartWidth) [x, y] = [0, y + 16];
    parts.push(
      element('rect', { x, y: y - 9, width: 10, height: 10, fill: palette[i % palette.length] }),
      label(x + 14, y, name, 'start'),
    );
    x += width;
  }
  return { parts: parts.join(''), height: names.length === 0 ? 24 : y + 12 };
}

/** A drawing of parts. */
export function drawing(height: number, parts: string, width = chartWidth): Svg {
  const text = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${Math.round(height)}`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 11,
      fill: 'currentColor',
    },
    parts,
  );
  return { width, height, text };
}
