import type { FilterSet } from '../../kernels/index.js';
import type { FilterLayer } from './filter-layers.js';

/**
 * The sets of a layer with filters of like length together: within each group of channels filters are sorted by descending length, ties
 * in order, and dealt to sets of the same sizes. Where a set is as long as its longest filter, no other order is faster. Sets that
 * several groups share keep their filters, which have lanes of their own.
 *
 * @param lengths of the filters, set by set.
 */
export function shuffledSets(
  { sets, filtersPerGroup }: Pick<FilterLayer, 'sets' | 'filtersPerGroup'>,
  lengths: readonly ArrayLike<number>[],
): readonly FilterSet[] {
  const lengthOf = new Map(sets.flatMap(({ filters }, i) => filters.map((filter, j) => [filter, lengths[i][j]] as const)));
  const length = (filter: number) => lengthOf.get(filter) ?? 0;
  const groupOf = (filter: number) => Math.floor(filter / filtersPerGroup);
  const shared = sets.some(({ firstLanes }) => firstLanes.some((lane) => lane > 0));
  if (shared) return sets;
  const order = sets.flatMap(({ filters }) => filters).sort((a, b) => groupOf(a) - groupOf(b) || length(b) - length(a) || a - b);
  let next = 0;
  return sets.map(({ filters, firstLanes }) => {
    next += filters.length;
    return { filters: order.slice(next - filters.length, next), firstLanes };
  });
}
