/** Sum over a list of what `of` makes of each item. */
export function sum<T>(values: readonly T[], of: (value: T, index: number) => number): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += of(values[i], i);
  return total;
}
