import { firstReached } from './first-reached.js';
import type { CostDrivenLayer } from './layer-levels.js';
import type { LevelStep } from './steepest-steps.js';

/** The first steps behind which the measured cost is at most `most`; where none are, all that save anything. */
export async function stepsUntilCost(
  steps: readonly LevelStep[],
  start: number,
  most: number,
  costAfter: (taken: readonly LevelStep[]) => Promise<number>,
): Promise<readonly LevelStep[]> {
  const paying = steps.filter(({ marginalCost }) => marginalCost > 0);
  let expected = start;
  const guess = paying.findIndex(({ saved }) => {
    expected -= saved;
    return expected <= most;
  });
  const isReached = async (count: number) => (await costAfter(paying.slice(0, count))) <= most;
  const count = await firstReached(paying.length, guess < 0 ? paying.length : guess + 1, isReached);
  return paying.slice(0, count);
}

/** The first steps that prune so many weights, the last one no further than that. */
export function stepsUntilRemoved(
  steps: readonly LevelStep[],
  wanted: number,
  layers: readonly CostDrivenLayer[],
): readonly LevelStep[] {
  const taken: LevelStep[] = [];
  let rest = wanted;
  for (const step of steps) {
    if (rest <= 0) break;
    const removed = Math.min(rest, step.removed);
    const whole = step.to.removed - step.removed + removed;
    const sparsity = removed < step.removed ? whole / layers[step.layer].weights : step.to.sparsity;
    taken.push({ ...step, removed, to: { ...step.to, removed: whole, sparsity } });
    rest -= removed;
  }
  return taken;
}
