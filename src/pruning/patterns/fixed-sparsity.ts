import type { Pattern } from '../contracts.js';

const fixed: ReadonlySet<string> = new Set(['nm', 'transposable-nm']);

/** The sparsity of an N:M pattern, 1 - n/m, which it has at every target above 0; undefined for a pattern that follows its target. */
export function fixedSparsity({ config }: Pick<Pattern, 'config'>): number | undefined {
  if (!config || !fixed.has(config.name)) return undefined;
  return 1 - (config.n as number) / (config.m as number);
}
