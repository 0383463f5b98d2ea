import { countBits } from '../bits.js';
import type { UpdateWork } from '../contracts.js';

/** What is kept of the pattern in which weights are stored, to see whether the next step's is the same. */
export interface StoredPattern {
  /** FNV-1a over the words of the bit map. */
  readonly checksum: number;
  readonly nonzeros: number;
}

/** The pattern of a layer's weights. */
export function patternOf({ weights }: UpdateWork): StoredPattern {
  let checksum = 0x811c9dc5;
  for (const word of weights.nonzeros.words) checksum = Math.imul(checksum ^ word, 0x01000193);
  return { checksum: checksum >>> 0, nonzeros: countBits(weights.nonzeros) };
}

/** Patterns as the numbers of an accelerator's state. */
export function patternsToState(patterns: readonly StoredPattern[]): number[] {
  return patterns.flatMap(({ checksum, nonzeros }) => [checksum, nonzeros]);
}

/** The inverse of {@link patternsToState}. */
export function patternsOfState(state: readonly number[]): StoredPattern[] {
  return Array.from({ length: state.length / 2 }, (_, i) => ({ checksum: state[2 * i], nonzeros: state[2 * i + 1] }));
}
