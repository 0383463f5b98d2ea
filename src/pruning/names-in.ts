import { winner } from './name-pattern.js';

/** Names and patterns of names that stand somewhere in the config of a method. */
export interface NamesInConfig {
  /** The option that they are given to. */
  readonly option: string;
  readonly names: readonly string[];
  /** Which layers they are of: all, or those that are left to prune. */
  readonly of: 'all' | 'pruned';
  /** Whether the method that they are given to has the layer of a name: under `per-layer` only those that go to it. */
  has(layer: string): boolean;
}

/** The parts whose options have names of layers for their keys. */
const named: Readonly<Record<string, Omit<NamesInConfig, 'names' | 'has'>>> = {
  'by-layer': { option: 'patterns', of: 'pruned' },
  'per-layer': { option: 'methods', of: 'all' },
  map: { option: 'sparsities', of: 'pruned' },
};

/** All names of layers in plain data that describes a method or a part of one, however deep. */
export function namesIn(config: unknown, has: NamesInConfig['has'] = () => true): readonly NamesInConfig[] {
  if (typeof config !== 'object' || config === null) return [];
  const { name, exclude } = config as { readonly name?: unknown; readonly exclude?: unknown };
  const found: NamesInConfig[] = Array.isArray(exclude) ? [{ option: 'exclude', names: exclude, of: 'all', has }] : [];
  const own = typeof name === 'string' && Object.hasOwn(named, name) ? named[name] : undefined;
  // A method of the user's own may have any name, and other options.
  const keyed = own && (config as Readonly<Record<string, object | null | undefined>>)[own.option];
  const names = Object.keys(keyed ?? {});
  if (own) found.push({ ...own, names, has });
  const inside = Object.entries(config).flatMap(([option, value]) => {
    if (own?.option !== 'methods' || option !== 'methods') return namesIn(value, has);
    const winnerOf = winner(names, option);
    return names.flatMap((part) => namesIn(value[part], (layer) => has(layer) && winnerOf(layer) === part));
  });
  return [...found, ...inside];
}
