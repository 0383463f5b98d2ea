import { createRng } from '../../rng.js';
import { checkSeed } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { described } from '../described.js';

/** Options of {@link randomScore}. */
export interface RandomScoreOptions {
  /**
   * Any number or text: the same seed and place of the kernel among the pruned ones give the same scores, at every step.
   * @default 0
   */
  readonly seed?: number | string;
}

/**
 * Random: uniform from 0 to 1, drawn from the seed and the kernel's place among the pruned ones, 0 where none is given. The
 * baseline that a criterion has to beat.
 *
 * @throws SparsityError for a seed that is neither a number nor text.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * randomScore({seed: 7})({info, weights: Float32Array.of(-3, 1), masks: undefined}).length; // 2
 * ```
 */
export function randomScore(options: RandomScoreOptions = {}): Score {
  checkGiven(randomScore, options);
  const { seed = 0 } = options;
  checkSeed(seed);
  return described({ name: 'random', seed }, ({ weights }, index = 0) => {
    const rng = createRng(`${seed}/score/${index}`);
    return Float32Array.from(weights, () => rng.uniform());
  });
}

inConfig(randomScore, 'random', { seed: true });
