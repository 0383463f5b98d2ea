import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A case of pruning-cases.json. */
export interface Case {
  readonly id: string;
  readonly kind: string;
  readonly origin: string;
  readonly input: Readonly<Record<string, Value>>;
  readonly expected: Value;
}

// biome-ignore lint/suspicious/noExplicitAny: cases are JSON of many forms; each runner knows its own.
export type Value = any;

/** The folder of cases: CONFORMANCE_DIR, or the copy beside this file. */
const folder = process.env.CONFORMANCE_DIR ?? fileURLToPath(new URL('./cases', import.meta.url));
export const cases: readonly Case[] = JSON.parse(readFileSync(`${folder}/pruning-cases.json`, 'utf8')).cases;

/** The form of a case: its kind and the keys of its input. */
export function formOf({ kind, input }: Case): string {
  return `${kind} {${Object.keys(input).sort().join(', ')}}`;
}

/** Thrown by a runner: this figure is not what the package means to give, and why. */
export class LeftOut extends Error {}

const noBlocks = 'no pattern that keeps or prunes whole blocks in this version';
const noPolicy = 'no rule table for XNNPACK in this version';
const noDropGrow = 'no method that drops and grows weights in this version';

/** Forms that this version has no feature for. */
export const unsupported: Readonly<Record<string, string>> = {
  'count {block, n}': 'no transposable N:M in this version',
  'distribution.erk {include_kernel, power_scale, shapes, sparsity}': 'no ERK allocation in this version',
  'mask.block {block, pooling, scores, sparsity}': noBlocks,
  'mask.block {block_size, pooling, sparsity, weights}': noBlocks,
  'mask.channel {axis, score, scores, sparsity}': 'no pattern that prunes whole channels in this version',
  'mask.channel {axis, scores, sparsity}': 'no pattern that prunes whole channels in this version',
  'mask.cycle {cycle_dense_steps, cycle_sparse_steps, final_sparse_steps_start, init_dense_steps_end, sparsity}':
    'no method that alternates dense and sparse phases in this version',
  'mask.nm2d {weights}': 'no transposable N:M in this version',
  'mask.rigl {abs_grad, drop_fraction, old_mask, weights}': noDropGrow,
  'mask.rigl {drop_fraction, drop_score, grow_score, old_mask}': noDropGrow,
  'mask.throws {block_size, weights_shape}': noBlocks,
  'optimizer.reset {newly_active, state}': noDropGrow,
  'policy {dilation, groups, kernel, strides, type}': noPolicy,
  'policy {keepdims, type}': noPolicy,
  'policy {kernel, multiplier, padding, strides, type}': noPolicy,
  'policy {kernel, padding, preceded_by, strides, type}': noPolicy,
  'policy {kernel, padding, strides, type}': noPolicy,
  'policy {kernel, strides, type}': noPolicy,
  'policy {type}': noPolicy,
  'registry {layers}': 'a table of Keras layers; which tfjs layers can be pruned is a matter of sparsify and has its own tests',
  'registry {model}': 'a model known by its description only; sparsify has its own tests',
  'shape {shapes}': 'N:M masks are made in place: there is no rearranged matrix whose shape could be compared',
  'train.traj {grad, lr, mask, momentum, steps, weights}':
    'stored weights and slots between steps belong to the pruning callback, whose laws are tested under every optimizer',
};

/** The numbers of a nested array, a number, or the text linspace(from,to,count). */
export function flat(value: Value): number[] {
  if (typeof value !== 'string') return [value].flat(Number.POSITIVE_INFINITY) as number[];
  const parts = /^linspace\(([^,]+),([^,]+),(\d+)\)$/.exec(value);
  if (!parts) throw new Error(`unknown text for numbers: ${value}`);
  const [from, to, count] = parts.slice(1).map(Number);
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** The shape of a nested array; a text for numbers is a vector. */
export function shapeOf(value: Value): number[] {
  if (typeof value === 'string') return [flat(value).length];
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}
