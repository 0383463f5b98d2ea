import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';

/**
 * Layers by name, by a pattern on the name or by a test. In a name `*` stands for any text, and text between slashes is a regular
 * expression, so that plain data can say all but a test: `'conv1'`, `'block*_conv'`, `'/^conv[12]$/'`.
 */
export type LayerMatch = string | RegExp | ((layer: tf.layers.Layer) => boolean);

/** One rule or many, or none. */
export type LayerMatches = LayerMatch | readonly LayerMatch[] | undefined;

/** Whether a layer matches one of the rules. */
export function matchesLayer(layer: tf.layers.Layer, rules: LayerMatches): boolean {
  return listOf(rules).some((rule) => testOf(rule)(layer));
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
    const expression = typeof rule === 'string' && expressionOf(rule, what);
    if (typeof rule === 'string' && layers.some(testOf(rule))) continue;
    throw new SparsityError({
      what,
      got: rule,
      expected: `${expression ? 'a pattern that fits' : ''} the name of a layer: ${names.join(', ')}`.trim(),
      fix: `${nearest(String(rule), names)}; a * in it, a regular expression or a function matches many`,
    });
  }
}

function listOf(rules: LayerMatches): readonly LayerMatch[] {
  return rules === undefined ? [] : Array.isArray(rules) ? rules : [rules as LayerMatch];
}

function testOf(rule: LayerMatch): (layer: tf.layers.Layer) => boolean {
  if (typeof rule === 'function') return rule;
  const expression = rule instanceof RegExp ? rule : expressionOf(rule, 'name of a layer');
  return ({ name }) => (expression ? name.search(expression) >= 0 : name === rule);
}

/** The regular expression that a name stands for, or undefined for a plain name. */
function expressionOf(name: string, what: string): RegExp | undefined {
  const inner = /^\/(.+)\/$/.exec(name)?.[1];
  if (inner === undefined) {
    if (!name.includes('*')) return undefined;
    const texts = name.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${texts.join('.*')}$`);
  }
  try {
    return new RegExp(inner);
  } catch (error) {
    const fix = 'check its brackets and escapes, or write a name with * for any text';
    throw new SparsityError({ what, got: `${name} (${(error as Error).message})`, expected: 'a regular expression', fix });
  }
}
