import type { LayerLevel } from './layer-levels.js';

/** A level of a layer, with what the layer costs there. */
export interface Level extends LayerLevel {
  readonly cost: number;
}

/** A layer's way from one level to the next. */
export interface LevelStep {
  /** Index of the layer. */
  readonly layer: number;
  readonly to: Level;
  /** Weights that it prunes, and the cost that goes with them. */
  readonly removed: number;
  readonly saved: number;
  /** Cost that goes for each weight removed, pooled over the steps that go together. */
  readonly marginalCost: number;
}

/** Neighbouring steps of a layer that are taken as one. */
interface Pool {
  readonly steps: number;
  readonly removed: number;
  readonly saved: number;
  readonly loss: number;
}

/**
 * All steps of all layers, the greatest saving for its loss first; ties go to the lowest layer, and a layer's own steps keep their order.
 * Where a step saves more for its loss than the one before it, both are pooled: the first is taken for the sake of the second. Ends of pools
 * are the lower convex hull of the layer's costs over its losses; where costs of layers add, there is no lower cost for the losses at
 * which a pool ends.
 */
export function steepestSteps(layers: readonly (readonly Level[])[]): readonly LevelStep[] {
  const ranked = layers.flatMap((levels, layer) => {
    const pools = poolsOf(levels);
    const poolOf = pools.flatMap((pool) => new Array<Pool>(pool.steps).fill(pool));
    return levels.slice(1).map((to, i) => {
      const pool = poolOf[i];
      const step: LevelStep = {
        layer,
        to,
        removed: to.removed - levels[i].removed,
        saved: levels[i].cost - to.cost,
        marginalCost: pool.saved / pool.removed,
      };
      return { rank: rankOf(pool), step };
    });
  });
  // The sort is stable, and ranks fall within a layer.
  return ranked.sort((a, b) => (a.rank === b.rank ? 0 : b.rank > a.rank ? 1 : -1)).map(({ step }) => step);
}

/** Pools adjacent steps until what they pay falls from one to the next. */
function poolsOf(levels: readonly Level[]): readonly Pool[] {
  const pools: Pool[] = [];
  for (let i = 1; i < levels.length; i++) {
    const [from, to] = [levels[i - 1], levels[i]];
    pools.push({ steps: 1, removed: to.removed - from.removed, saved: from.cost - to.cost, loss: to.loss - from.loss });
    for (;;) {
      const [before, last] = pools.slice(-2);
      if (!last || rankOf(last) <= rankOf(before)) break;
      pools.splice(-2, 2, {
        steps: before.steps + last.steps,
        removed: before.removed + last.removed,
        saved: before.saved + last.saved,
        loss: before.loss + last.loss,
      });
    }
  }
  return pools;
}

/** What a loss of nothing saves is for nothing. */
function rankOf({ saved, loss }: Pool): number {
  return saved === 0 ? 0 : saved / loss;
}
