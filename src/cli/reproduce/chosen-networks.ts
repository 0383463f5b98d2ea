import { SparsityError } from '../../errors.js';

/**
 * The networks that `--networks` names, of those that a paper has; empty for none.
 *
 * @param known those that can be chosen one by one; none where a paper is run with all or without any.
 * @throws SparsityError for another one.
 */
export function chosenNetworks(names: readonly string[], known: readonly string[]): readonly string[] {
  const stranger = names.find((name) => name !== 'all' && !known.includes(name));
  if (stranger !== undefined) {
    const expected = known.length === 0 ? 'all or none' : `all, none, or some of ${known.join(', ')}`;
    const fix = known.length === 0 ? 'leave it out' : 'join names by commas';
    throw new SparsityError({ what: '--networks', got: stranger, expected, fix });
  }
  return names.includes('all') ? known : names;
}
