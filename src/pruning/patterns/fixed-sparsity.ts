import { SparsityError } from '../../errors.js';
import type { Allocation, Config, Pattern } from '../contracts.js';

/** N and M of a pattern. */
interface Pair {
  readonly n: number;
  readonly m: number;
}

/** The sparsity of an N:M pattern, 1 - n/m, which it has at every target above 0; undefined for a pattern that follows its target. */
export function fixedSparsity({ config }: Pick<Pattern, 'config'>): number | undefined {
  const pair = config && pairOf(config);
  return pair && sparsityOf(pair);
}

/**
 * Refuses a sparsity that is not that of the pattern: the masks would have the pattern's, logs and schedule say the other. `way` says what
 * to do about it.
 */
export function checkFixedSparsity(
  { config }: Pick<Pattern, 'config'>,
  option: string,
  given: number | undefined,
  way = `leave ${option} out`,
): void {
  const pair = config && pairOf(config);
  if (!pair || given === undefined || Math.abs(given - sparsityOf(pair)) <= 1e-9) return;
  const expected = `${sparsityOf(pair)}, the sparsity of the pattern ${pair.n}:${pair.m}`;
  throw new SparsityError({ what: option, got: given, expected, fix: `${way}, or choose another n and m` });
}

/**
 * Refuses an allocation that gives layers other sparsities than that of the pattern, which they would have none the less. A map may leave some
 * dense; of a function of the user's own nobody knows.
 */
export function checkFixedAllocation({ config }: Pick<Pattern, 'config'>, allocation: Pick<Allocation, 'config'>): void {
  if (!config || !allocation.config) return;
  const { name, sparsities = {}, unnamed = 0, finalSparsity } = allocation.config as MapConfig;
  const isMap = name === 'map';
  const differs = (sparsity: number, own: number) => sparsity !== 0 && Math.abs(sparsity - own) > 1e-9;
  if (isMap && config.name === 'by-layer') checkFixedLayers(config, sparsities, differs);
  const pair = pairOf(config);
  if (!pair) return;
  const own = sparsityOf(pair);
  const given = isMap ? [...Object.values(sparsities), unnamed, finalSparsity ?? own] : [];
  const other = ['erdos-renyi', 'global'].includes(name) ? name : given.find((sparsity) => differs(sparsity, own));
  if (other === undefined) return;
  const expected = `uniform, or a map to 0 and ${own}: all layers have the sparsity of the pattern ${pair.n}:${pair.m}`;
  throw new SparsityError({ what: 'allocation', got: other, expected, fix: 'leave allocation out, or choose another pattern' });
}

type MapConfig = Config & { readonly finalSparsity?: number; readonly unnamed?: number; readonly sparsities?: Numbers };
type Numbers = Readonly<Record<string, number>>;

/** Of patterns by layer: what a map says of the very names that they have. */
function checkFixedLayers(config: Config, sparsities: Numbers, differs: (sparsity: number, own: number) => boolean): void {
  const { patterns } = config as unknown as { readonly patterns: Readonly<Record<string, Config>> };
  for (const [name, sparsity] of Object.entries(sparsities)) {
    const pair = Object.hasOwn(patterns, name) ? pairOf(patterns[name]) : undefined;
    if (!pair || !differs(sparsity, sparsityOf(pair))) continue;
    const expected = `0 or ${sparsityOf(pair)}, the sparsity of its pattern ${pair.n}:${pair.m}`;
    throw new SparsityError({
      what: `allocation of ${name}`,
      got: sparsity,
      expected,
      fix: 'leave it out, or choose another pattern',
    });
  }
}

const fixed: ReadonlySet<string> = new Set(['nm', 'transposable-nm']);

/** That of an N:M pattern, or of patterns by layer which are all N:M of one sparsity. */
function pairOf(config: Config): Pair | undefined {
  if (fixed.has(config.name)) return config as unknown as Pair;
  if (config.name !== 'by-layer') return undefined;
  const { patterns, otherwise } = config as unknown as { patterns: Readonly<Record<string, Config>>; otherwise: Config };
  // A name that fits every layer leaves none to `otherwise`.
  const parts = Object.hasOwn(patterns, '*') ? Object.values(patterns) : [...Object.values(patterns), otherwise];
  const [first, ...rest] = parts.map(pairOf);
  return first && rest.every((pair) => pair && sparsityOf(pair) === sparsityOf(first)) ? first : undefined;
}

/** Not 1 - n / m, which is 0.19999999999999996 for 4:5. */
function sparsityOf({ n, m }: Pair): number {
  return (m - n) / m;
}
