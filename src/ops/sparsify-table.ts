import type { SparsifyReport } from './sparsify.js';

const tableWidth = 80;

/** Longer names have a line of their own. */
const longestName = 30;

/**
 * What `sparsify` did as lines of at most 80 columns: each prunable layer, then each that stays dense and why.
 *
 * @param report of `sparsifyReport(model)`.
 * @example
 * ```ts
 * const dense = tf.sequential({layers: [tf.layers.dense({name: 'fc', units: 2, inputShape: [3]})]});
 * sparsifyTable(sparsifyReport(sparsify(dense))); // 'layer  prunable\nfc     yes'
 * ```
 */
export function sparsifyTable({ masked, skipped, noRegion }: SparsifyReport): string {
  const rows: (readonly [name: string, text: string])[] = [
    ['layer', 'prunable'],
    ...masked.map((name) => [name, 'yes'] as const),
    ...skipped.map(({ layer, className, reason }) => [layer, `no, ${className}: ${reason}`] as const),
  ];
  const width = Math.min(longestName, Math.max(...rows.map(([name]) => name.length)));
  const lines = rows.flatMap(([name, text]) => {
    const [first = '', ...rest] = wrapped(text, tableWidth - width - 2);
    const indented = rest.map((line) => ' '.repeat(width + 2) + line);
    return name.length > width
      ? [name, ' '.repeat(width + 2) + first, ...indented]
      : [`${name.padEnd(width)}  ${first}`, ...indented];
  });
  return [...lines, ...(noRegion ? wrapped(`no sparse execution: ${noRegion}`, tableWidth) : [])].join('\n');
}

/** Lines of at most `width` columns; a longer word is left whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
