const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];

/** Four significant digits with an SI prefix: `si(12345)` is `12.35 k`. */
export function si(value: number, unit = ''): string {
  const power = value === 0 ? 0 : Math.max(0, Math.min(5, Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-9)));
  return `${Number((value / 1000 ** power).toPrecision(4))} ${prefixes[power]}${unit}`.trim();
}

/** Picojoule as joule with the prefix that fits. */
export function joule(pj: number): string {
  const scales: readonly (readonly [number, string])[] = [
    [1e12, 'J'],
    [1e9, 'mJ'],
    [1e6, 'uJ'],
    [1e3, 'nJ'],
    [1, 'pJ'],
  ];
  const [scale, unit] = scales.find(([size]) => Math.abs(pj) >= size) ?? [1, 'pJ'];
  return `${Number((pj / scale).toPrecision(4))} ${unit}`;
}

/** A fraction in per cent: `percent(0.9)` is `90.00 %`. */
export function percent(fraction: number, digits = 2): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** Rows as text columns: the first column to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** A sentence in lines of at most 80 columns. */
export function wrap(sentence: string): string {
  return sentence.replace(/(.{1,80})(?: |$)/g, '$1\n').trimEnd();
}
