/** Sizes by name. */
type Parts = Readonly<Record<string, number>>;

/**
 * Bars with the smallest of their parts together as `other`, so that there are `most` at the most: a chart has no more colours.
 *
 * @example
 * ```ts
 * foldParts([{memory: 5, halo: 1, fill: 2}], 2); // [{memory: 5, other: 3}]
 * ```
 */
export function foldParts(bars: readonly Parts[], most: number): readonly Parts[] {
  const names = [...new Set(bars.flatMap((bar) => Object.keys(bar)))];
  if (names.length <= most) return bars;
  const largest = (name: string) => Math.max(...bars.map((bar) => bar[name] ?? 0));
  const small = new Set(names.toSorted((a, b) => largest(b) - largest(a)).slice(most - 1));
  return bars.map((bar) => {
    const kept = Object.entries(bar).filter(([name]) => !small.has(name));
    const other = Object.entries(bar).reduce((sum, [name, value]) => (small.has(name) ? sum + value : sum), 0);
    return { ...Object.fromEntries(kept), other };
  });
}
