import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { namePattern } from '../pruning/name-pattern.js';

/**
 * Layers by name, by a pattern on the name or by a test. In a name `*` stands for any text, and text between slashes is a regular
 * expression, so that plain data can say all but a test: `'conv1'`, `'block*_conv'`, `'/^conv[12]$/'`.
 */
export type LayerMatch = string | RegExp | ((layer: tf.layers.Layer) => boolean);

/** One rule or many, or none. */
export type LayerMatches = LayerMatch | readonly LayerMatch[] | undefined;

/** Whether a layer matches one of the rules. */
export function matchesLayer(layer: tf.layers.Layer, rules: LayerMatches): boolean {
  return listOf(rules).some((rule) => {
    if (typeof rule === 'function') return rule(layer);
    return rule instanceof RegExp ? layer.name.search(rule) >= 0 : namePattern(rule, 'layer').test(layer.name);
  });
}

/**
 * Refuses a rule that is none, and a name that none of the layers has: it would pass in silence.
 *
 * @param what the rule's place, for the message.
 * @throws SparsityError
 */
export function checkMatches(layers: readonly tf.layers.Layer[], what: string, rules: LayerMatches): void {
  const names = layers.map(({ name }) => name);
  for (const rule of listOf(rules)) {
    if (rule instanceof RegExp || typeof rule === 'function') continue;
    const { plain, test } = namePattern(rule, what);
    if (names.some(test)) continue;
    const expected = `${plain ? 'the name' : 'a pattern that fits the name'} of a layer: ${names.join(', ')}`;
    throw new SparsityError({ what, got: rule, expected, fix: `${nearest(rule, names)}; a * in it stands for any text` });
  }
}

function listOf(rules: LayerMatches): readonly LayerMatch[] {
  return rules === undefined ? [] : Array.isArray(rules) ? rules : [rules as LayerMatch];
}
