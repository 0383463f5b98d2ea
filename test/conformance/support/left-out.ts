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

const noPolicy = 'no rule table for XNNPACK in this version';

/** Forms that this version has no feature for. */
export const unsupported: Readonly<Record<string, string>> = {
  'policy {dilation, groups, kernel, strides, type}': noPolicy,
  'policy {keepdims, type}': noPolicy,
  'policy {kernel, multiplier, padding, strides, type}': noPolicy,
  'policy {kernel, padding, preceded_by, strides, type}': noPolicy,
  'policy {kernel, padding, strides, type}': noPolicy,
  'policy {kernel, strides, type}': noPolicy,
  'policy {type}': noPolicy,
  'registry {layers}': 'a table of Keras layers; which tfjs layers can be pruned is a matter of sparsify and has its own tests',
  'registry {model}': 'a model known by its description only; sparsify has its own tests',
};
