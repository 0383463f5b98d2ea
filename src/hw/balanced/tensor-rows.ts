import { sizeOf } from '../bits.js';
import type { GemmWork, Role } from '../contracts.js';
import { isDenseLayer } from './line-work.js';

/** A tensor as a stack of rows: element (o, x, i) lies at (o * columns + x) * inner + i, and a row is all x of one (o, i). */
export interface TensorRows {
  readonly outer: number;
  readonly columns: number;
  readonly inner: number;
  /** Real images per image present; 1 for weights. */
  readonly copies: number;
}

/** What a row is (see the option `rowLayout`). */
export type RowLayout = 'mapRow' | 'flattened';

/** The rows of a tensor of a work; a dense layer's are those of its matrices. */
export function tensorRows({ nest, imageScale }: GemmWork, role: Role, rowLayout: RowLayout): TensorRows {
  const flat = rowLayout === 'flattened' || isDenseLayer(nest);
  if (role === 'W' || role === 'G')
    return weightRows([...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels], flat);
  const isNestInput = (role === 'A') !== nest.transposed;
  const [[depth, height, width], channels] = isNestInput ? [nest.inSize, nest.inChannels] : [nest.outSize, nest.outChannels];
  const outer = nest.batch * depth * height;
  return flat
    ? { outer, columns: width * channels, inner: 1, copies: imageScale }
    : { outer, columns: width, inner: channels, copies: imageScale };
}

/** Weights of shape [..., width taps, inputs, outputs] or [inputs, outputs]: a flat row is a whole kernel, others are its width taps. */
export function weightRows(shape: readonly number[], flatRows: boolean): TensorRows {
  const inner = shape.at(-1) as number;
  const flat = flatRows || shape.length < 3;
  if (flat) return { outer: 1, columns: sizeOf(shape.slice(0, -1)), inner, copies: 1 };
  return {
    outer: sizeOf(shape.slice(0, -3)),
    columns: shape.at(-3) as number,
    inner: (shape.at(-2) as number) * inner,
    copies: 1,
  };
}
