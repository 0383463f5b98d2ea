import { type CountProfile, type KernelInfo, type LayerMasks, magnitudeScore } from 'tfjs-sparsity/pruning';
import { LeftOut } from './left-out.js';
import { type Case, flat, shapeOf, type Value } from './pruning-cases.js';

/** A kernel of any shape: vectors are one row, three axes a conv1d, more than four a row of all weights. */
export function infoOf(shape: readonly number[]): KernelInfo {
  if (shape.length < 2) return infoOf([1, shape[0] ?? 1]);
  if (shape.length > 4) return infoOf([1, sizeOf(shape)]);
  const inputAxis = shape.length - 2;
  const kind = (['dense', 'conv1d', 'conv2d'] as const)[inputAxis];
  return { name: 'kernel', kind, shape, inputAxis, outputAxis: inputAxis + 1 };
}

/** A kernel and its axis by number; what has fewer or more axes than a layer's kernel is folded around that axis into three. */
export function along(shape: readonly number[], axis: number): { info: KernelInfo; axis: number } {
  if (shape.length >= 2 && shape.length <= 4) return { info: infoOf(shape), axis };
  const at = axis < 0 ? axis + shape.length : axis;
  return { info: infoOf([sizeOf(shape.slice(0, at)), shape[at], sizeOf(shape.slice(at + 1))]), axis: 1 };
}

export const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
export const scoresOf = (value: Value) => Float32Array.from(flat(value));
export const onesOf = (mask: Uint8Array) => mask.reduce((sum, bit) => sum + bit, 0);
export const magnitudesOf = (value: Value) =>
  magnitudeScore()({ info: infoOf(shapeOf(value)), weights: scoresOf(value), masks: undefined });

/** The bits of a method's forward mask, of which `null` means all ones. */
export const forwardOf = (masks: LayerMasks, size: number) => masks.forward ?? new Uint8Array(size).fill(1);

/** The profile of the library that a case names, jaxpruner first: it has tests of other libraries' methods. */
export function profileOf({ origin }: Case): CountProfile {
  if (/jaxpruner/i.test(origin)) return 'jaxpruner';
  if (/tfmot|model.optimization/i.test(origin)) return 'tfmot';
  if (/rigl/i.test(origin)) return 'rigl';
  if (/sparseml/i.test(origin)) return 'sparseml';
  if (/torchao|\bpat\b/i.test(origin)) return 'pat';
  if (/torch\.nn\.utils\.prune/i.test(origin)) return 'torch';
  const other = /torch|granet|sparse_learning/i.exec(origin);
  if (other) throw new LeftOut(`no profile that counts as ${other[0]} in this version`);
  return 'default';
}

/** The same for N:M, of which there is nothing to count: libraries without a profile differ in ties only. */
export function nmProfileOf({ origin }: Case): 'default' | 'tfmot' | 'jaxpruner' {
  return /jaxpruner/i.test(origin) ? 'jaxpruner' : /tfmot|model.optimization/i.test(origin) ? 'tfmot' : 'default';
}
