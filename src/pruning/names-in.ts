/** Names and patterns of names that stand somewhere in the config of a method. */
export interface NamesInConfig {
  /** The option that they are given to. */
  readonly option: string;
  readonly names: readonly string[];
  /** Which layers they are of: all, or those that are left to prune. */
  readonly of: 'all' | 'pruned';
}

/** The parts whose options have names of layers for their keys. */
const named: Readonly<Record<string, Omit<NamesInConfig, 'names'>>> = {
  'by-layer': { option: 'patterns', of: 'pruned' },
  'per-layer': { option: 'methods', of: 'all' },
  map: { option: 'sparsities', of: 'pruned' },
};

/** All names of layers in plain data that describes a method or a part of one, however deep. */
export function namesIn(config: unknown): readonly NamesInConfig[] {
  if (typeof config !== 'object' || config === null) return [];
  const { name, exclude } = config as { readonly name?: unknown; readonly exclude?: unknown };
  const found: NamesInConfig[] = Array.isArray(exclude) ? [{ option: 'exclude', names: exclude, of: 'all' }] : [];
  const own = typeof name === 'string' && Object.hasOwn(named, name) ? named[name] : undefined;
  if (own) found.push({ ...own, names: Object.keys((config as Readonly<Record<string, object>>)[own.option]) });
  return [...found, ...Object.values(config).flatMap(namesIn)];
}
