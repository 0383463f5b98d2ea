import { cutMiddle } from '../../callbacks/format.js';
import type { Column, Table } from './contracts.js';
import { formatCell } from './format-cell.js';

/** Columns of a terminal. */
const width = 80;
const gap = 2;
const leastName = 12;

/** A column as text: its heading in lines, its cells, and their width. */
interface TextColumn {
  readonly heading: readonly string[];
  readonly cells: readonly string[];
  readonly width: number;
  readonly toLeft: boolean;
}

/**
 * A table as columns of text, 80 at the most: words to the left, numbers to the right. What is too wide first loses the length of its
 * headings, then goes into several bands, each with the first column.
 */
export function textTable({ title, columns, rows, notes }: Table): string {
  const asText = (fold: boolean) => columns.map((column, i) => textColumn(column, i, rows, fold));
  const wide = asText(false);
  const [first, ...others] = totalWidth(wide) <= width ? wide : asText(true);
  const room = Math.max(leastName, width - totalWidth([{ ...first, width: 0 }, ...others]));
  const named = { ...first, width: Math.min(first.width, room) };
  const bands: TextColumn[][] = [[named]];
  for (const column of others) {
    const band = bands[bands.length - 1];
    if (totalWidth([...band, column]) <= width) band.push(column);
    else bands.push([named, column]);
  }
  return [title, ...bands.flatMap(bandLines), ...notes.map(wrapped)].join('\n');
}

/** A sentence in lines of at most 80 columns, the following ones indented; a word that is longer is broken. */
export function wrapped(sentence: string): string {
  const most = width - 2;
  return sentence.replace(new RegExp(`(.{1,${most}})(?: +(?!%)|$)|(.{${most}})`, 'gu'), '$1$2\n  ').trimEnd();
}

function textColumn({ label, unit }: Column, i: number, rows: Table['rows'], fold: boolean): TextColumn {
  const cells = rows.map((row) => formatCell(row[i], unit));
  const words = fold ? label.split(/ |(?<=[a-z])(?=[A-Z])/) : [label];
  const lengths = [...words, ...cells].map(({ length }) => length);
  return { heading: words, cells, width: Math.max(0, ...lengths), toLeft: i === 0 || unit === 'text' };
}

function totalWidth(columns: readonly TextColumn[]): number {
  return columns.reduce((sum, column) => sum + column.width + gap, -gap);
}

function bandLines(columns: readonly TextColumn[]): string[] {
  const headings = Math.max(...columns.map(({ heading }) => heading.length));
  const count = columns[0].cells.length;
  const line = (cellOf: (column: TextColumn) => string) =>
    columns
      .map((column) => {
        const text = shortened(cellOf(column), column.width);
        return column.toLeft ? text.padEnd(column.width) : text.padStart(column.width);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [
    ...Array.from({ length: headings }, (_, i) => line(({ heading }) => heading[i - headings + heading.length] ?? '')),
    ...Array.from({ length: count }, (_, i) => line(({ cells }) => cells[i])),
  ];
}

/** Words become their first letters, one after the other: `s4_b10_squeeze` still tells which layer it is. What is too long then loses its middle. */
function shortened(text: string, most: number): string {
  let short = text;
  for (const word of text.match(/[A-Za-z]{2,}/g) ?? []) if (short.length > most) short = short.replace(word, word[0]);
  return cutMiddle(short, most);
}
