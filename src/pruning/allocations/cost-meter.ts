import { SparsityError } from '../../errors.js';
import type { LayerLevel } from './layer-levels.js';
import type { Level } from './steepest-steps.js';

/** A cost, and what of it is whose. */
export interface LayerCosts {
  readonly total: number;
  /** Of each layer, in their order: the difference between two sparsities of a layer is what it saves. */
  readonly layers: readonly number[];
}

/**
 * What a network costs when its layers have these sparsities, in their order, in any unit. Where it tells costs by layer, all layers are
 * measured at once, in as many calls as a layer has levels; a number alone is measured for each layer by itself.
 */
export type NetworkCost = (sparsities: readonly number[]) => Promise<number | LayerCosts>;

/** A measured cost; `layers` is undefined where the cost is a number alone. */
export interface MeasuredCost {
  readonly total: number;
  readonly layers: readonly number[] | undefined;
}

/** Measures each set of sparsities once. */
export interface CostMeter {
  measure(sparsities: readonly number[]): Promise<MeasuredCost>;
  evaluations(): number;
}

/** A meter of a cost, which refuses what is none. */
export function costMeter(cost: NetworkCost): CostMeter {
  const measured = new Map<string, MeasuredCost>();
  return {
    async measure(sparsities) {
      const key = sparsities.join();
      const known = measured.get(key) ?? checked(await cost([...sparsities]), sparsities.length);
      measured.set(key, known);
      return known;
    },
    evaluations: () => measured.size,
  };
}

/** The cost of each layer at each of its levels, the other layers at their least or, where costs come by layer, at the same level. */
export async function costLevels(
  grid: readonly (readonly LayerLevel[])[],
  meter: CostMeter,
): Promise<readonly (readonly Level[])[]> {
  const least = grid.map(([{ sparsity }]) => sparsity);
  const start = await meter.measure(least);
  const columns = grid.map(([first], layer): Level[] => [{ ...first, cost: start.layers?.[layer] ?? start.total }]);
  const deepest = Math.max(...grid.map(({ length }) => length));
  for (let level = 1; level < deepest; level++) {
    const all =
      start.layers && (await meter.measure(grid.map((levels) => (levels[level] ?? levels[levels.length - 1]).sparsity)));
    for (const [layer, levels] of grid.entries()) {
      const own = levels[level];
      if (own === undefined) continue;
      const alone = () => meter.measure(least.map((sparsity, i) => (i === layer ? own.sparsity : sparsity)));
      columns[layer].push({ ...own, cost: all?.layers?.[layer] ?? (await alone()).total });
    }
  }
  return columns;
}

function checked(cost: number | LayerCosts, layers: number): MeasuredCost {
  const measured = typeof cost === 'number' ? { total: cost, layers: undefined } : cost;
  const numbers = [measured?.total, ...(measured?.layers ?? [])];
  const isWhole = measured?.layers === undefined || measured.layers.length === layers;
  if (isWhole && numbers.every((one) => Number.isFinite(one) && one >= 0)) return measured;
  throw new SparsityError({
    what: 'cost of a network',
    got: cost,
    expected: `a finite number of at least 0, or such a total with one for each of ${layers} layers`,
    fix: 'look at what the function returns for these sparsities',
  });
}
