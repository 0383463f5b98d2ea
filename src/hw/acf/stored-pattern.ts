import { countBits } from '../bits.js';
import type { GemmWork, UpdateWork } from '../contracts.js';
import type { AcfSpec } from './options.js';
import { storedWeightBytes } from './traffic.js';

/** What is kept of the pattern in which weights are stored, to see whether the next step's is the same. */
export interface StoredPattern {
  /** FNV-1a over the words of the bit map. */
  readonly checksum: number;
  readonly nonzeros: number;
  /** As the memory controller stores it. */
  readonly bytes: number;
}

/** The pattern of a layer's weights, of which its GEMMs know the output channels; without one their shape tells. */
export function patternOf({ weights: { nonzeros } }: UpdateWork, gemm: GemmWork | undefined, spec: AcfSpec): StoredPattern {
  let checksum = 0x811c9dc5;
  for (const word of nonzeros.words) checksum = Math.imul(checksum ^ word, 0x01000193);
  const outChannels = gemm?.nest.outChannels ?? nonzeros.shape[nonzeros.shape.length - 1];
  return { checksum: checksum >>> 0, nonzeros: countBits(nonzeros), bytes: storedWeightBytes(nonzeros, outChannels, spec) };
}

/** Patterns as the numbers of an accelerator's state. */
export function patternsToState(patterns: readonly StoredPattern[]): number[] {
  return patterns.flatMap(({ checksum, nonzeros, bytes }) => [checksum, nonzeros, bytes]);
}

/** The inverse of {@link patternsToState}. */
export function patternsOfState(state: readonly number[]): StoredPattern[] {
  return Array.from({ length: state.length / 3 }, (_, i) => {
    const [checksum, nonzeros, bytes] = state.slice(3 * i);
    return { checksum, nonzeros, bytes };
  });
}
