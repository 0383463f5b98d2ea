import { SparsityError } from '../../errors.js';
import { checkGiven, checkPart, inConfig } from '../config-entry.js';
import type { Pattern } from '../contracts.js';
import { configOf, described } from '../described.js';
import { byName } from '../name-pattern.js';
import { unstructured } from './unstructured.js';

/** Options of {@link byLayer}. */
export interface ByLayerOptions {
  /**
   * The pattern of each layer by its name. In a name `*` stands for any text, and text between slashes is a regular expression; a plain
   * name goes before a pattern of names, an earlier one before a later one. A name that no layer has is refused by `fit`.
   */
  readonly patterns: Readonly<Record<string, Pattern>>;
  /**
   * The pattern of the other layers.
   * @default unstructured()
   */
  readonly otherwise?: Pattern;
}

/**
 * Patterns of different kinds in one network: N:M for the layers that hardware runs so, single weights elsewhere. Which sparsity each layer
 * is to have is the allocation's business.
 *
 * @throws SparsityError for what is no record of patterns, and as the patterns do; from `fit`: a name that no pruned layer has, or
 * whose layers all go to others.
 * @example
 * ```ts
 * const info = {name: 'conv1', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * const pattern = byLayer({patterns: {'conv*': nm({n: 1, m: 4})}});
 * pattern(Float32Array.of(1, 2, 4, 3), info, 0.5); // [0, 0, 1, 0]
 * pattern(Float32Array.of(1, 2, 4, 3), {...info, name: 'fc'}, 0.5); // [0, 0, 1, 1]
 * ```
 */
export function byLayer(options: ByLayerOptions): Pattern {
  checkGiven(byLayer, options);
  const { patterns, otherwise = unstructured() } = options;
  if (typeof patterns !== 'object' || patterns === null || Array.isArray(patterns)) {
    const fix = "write {'conv*': nm({n: 2, m: 4})}";
    throw new SparsityError({ what: 'patterns', got: patterns, expected: 'a pattern for each name', fix });
  }
  for (const [name, pattern] of Object.entries(patterns)) checkPart(`pattern of ${name}`, pattern, 'nm({n: 2, m: 4})');
  const patternOf = byName(patterns, 'patterns');
  const configs = Object.fromEntries(Object.entries(patterns).map(([name, pattern]) => [name, configOf(pattern)]));
  return described({ name: 'by-layer', patterns: configs, otherwise: configOf(otherwise) }, (scores, info, sparsity) => {
    const pattern = patternOf(info.name) ?? otherwise;
    return pattern(scores, info, sparsity);
  });
}

inConfig(byLayer, 'by-layer', { patterns: true, otherwise: true });
