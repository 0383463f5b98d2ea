/** Thrown by a runner: this figure is not what the package means to give, and why. */
export class LeftOut extends Error {}

/** What was not compared, and why, with the cases. */
export const notes = new Map<string, string[]>();
let running = '';

/** Names the case to which the next notes belong. */
export function begin(id: string): void {
  running = id;
}

/** Says that a part of the running case was not compared, and why. */
export function note(reason: string): void {
  notes.set(reason, [...(notes.get(reason) ?? []), running]);
}

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
};
