import { SparsityError } from '../../errors.js';
import { createRng } from '../../rng.js';
import { inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { described } from '../described.js';

/** Options of {@link randomScore}. */
export interface RandomScoreOptions {
  /**
   * Any number or text: the same seed and layer name give the same scores, at every step.
   * @default 0
   */
  readonly seed?: number | string;
}

/**
 * Random: uniform from 0 to 1, drawn from the seed and the name of the layer. The baseline that a criterion has to beat.
 *
 * @throws SparsityError for a seed that is neither a number nor text.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * randomScore({seed: 7})({info, weights: Float32Array.of(-3, 1), masks: undefined}).length; // 2
 * ```
 */
export function randomScore({ seed = 0 }: RandomScoreOptions = {}): Score {
  if (typeof seed !== 'string' && !Number.isFinite(seed)) {
    throw new SparsityError({ what: 'seed', got: seed, expected: 'a number or text', fix: 'pass any number, such as 7' });
  }
  return described({ name: 'random', seed }, ({ info, weights }) => {
    const rng = createRng(`${seed}/score/${info.name}`);
    return Float32Array.from(weights, () => rng.uniform());
  });
}

inConfig(randomScore, 'random', { seed: true });
