import * as tf from '@tensorflow/tfjs';
import type { LoopNest } from '../../hw/index.js';
import type { MaskedOpAttrs } from '../contracts.js';
import type { ThinnedValues } from '../gradient-operands.js';
import type { AddedTerms } from '../terms-to-add.js';
import { type ConvKind, convNestOf, isChannelsFirst, matMulNestOf } from './loop-nest-of.js';
import type { OpAttrs, TapeNode } from './tape.js';

/** Brings a tensor of an op into canonical shape and order; a view without a copy, except where axes must change places. */
export type View = (t: tf.Tensor) => tf.Tensor;

/** An op on the tape seen as a use of a kernel. Its saved tensors are A, W and W of the input gradient. */
export interface KernelUse {
  /** Names of the inputs that hold activations and weights. */
  readonly data: string;
  readonly kernel: string;
  /** Places in `node.saved`. */
  readonly saved: { readonly A: number; readonly W: number; readonly backwardW: number };
  readonly nest: LoopNest;
  readonly views: { readonly A: View; readonly W: View; readonly E: View };
  /** Of a masked op: what thinned operands hold, in the shapes of those that they stand for. */
  readonly thinned?: ThinnedValues | undefined;
  /** Of a masked op: G without what was added to it. */
  readonly terms?: AddedTerms | undefined;
}

type Layout = Pick<KernelUse, 'data' | 'kernel' | 'saved' | 'thinned' | 'terms'> & { readonly kind: ConvKind | 'matMul' };

const plain = { A: 0, W: 1, backwardW: 1 };
const fusedConv = { A: 1, W: 0, backwardW: 0 };

/** Fused ops come to the tape with numbered inputs. */
const layouts: Readonly<Record<string, Layout>> = {
  Conv2D: { kind: 'plain', data: 'x', kernel: 'filter', saved: plain },
  Conv3D: { kind: 'plain', data: 'x', kernel: 'filter', saved: plain },
  DepthwiseConv2dNative: { kind: 'depthwise', data: 'x', kernel: 'filter', saved: plain },
  Conv2DBackpropInput: { kind: 'transposed', data: 'dy', kernel: 'filter', saved: plain },
  BatchMatMul: { kind: 'matMul', data: 'a', kernel: 'b', saved: plain },
  FusedConv2D: { kind: 'plain', data: '0', kernel: '1', saved: fusedConv },
  FusedDepthwiseConv2D: { kind: 'depthwise', data: '0', kernel: '1', saved: fusedConv },
  _FusedMatMul: { kind: 'matMul', data: '0', kernel: '1', saved: plain },
};

const maskedKinds: Readonly<Record<MaskedOpAttrs['maskedOp'], Layout['kind']>> = {
  dense: 'matMul',
  conv1d: 'plain',
  conv2d: 'plain',
  depthwiseConv2d: 'depthwise',
};

const asIs: View = (t) => t;
const channelsLast: View = (t) => tf.transpose(t, [0, 2, 3, 1]);

/**
 * Reads a tape node as a use of a kernel, or undefined when it is none.
 *
 * @param isKernel whether a tensor is a kernel, or a kernel in another shape.
 * @param positionsOf the shape [batch, ...positions, channels] that was flattened to the rows of a matrix product, if any was.
 */
export function kernelUseOf(
  op: string,
  node: TapeNode,
  attrs: OpAttrs,
  isKernel: (t: tf.Tensor | undefined) => boolean,
  positionsOf: (t: tf.Tensor) => readonly number[] | undefined,
): KernelUse | undefined {
  const layout = layoutOf(op, node, attrs);
  if (!layout || !node.gradient) return undefined;
  if (isKernel(node.inputs[layout.kernel])) {
    return layout.kind === 'matMul' ? matMulUse(layout, node, attrs, positionsOf) : convUse(layout, layout.kind, node, attrs);
  }
  const kernelOnTheLeft = layout.kind === 'matMul' && isKernel(node.inputs[layout.data]);
  return kernelOnTheLeft ? leftMatMulUse(layout, node, attrs) : undefined;
}

function layoutOf(op: string, { saved }: TapeNode, attrs: OpAttrs): Layout | undefined {
  const { maskedOp: masked, thinned, terms } = attrs as Partial<MaskedOpAttrs>;
  if (!masked) return layouts[op];
  const places = { A: 0, W: 1, backwardW: saved.length > 2 ? 2 : 1 };
  return { kind: maskedKinds[masked], data: 'x', kernel: 'w', saved: places, thinned, terms };
}

function convUse(layout: Layout, kind: ConvKind, { saved }: TapeNode, attrs: OpAttrs): KernelUse {
  const [A, W] = [saved[layout.saved.A] as tf.Tensor, saved[layout.saved.W] as tf.Tensor];
  const view = isChannelsFirst(attrs) ? channelsLast : asIs;
  const [batch, channels, ...space] = A.shape as [number, number, ...number[]];
  const data = isChannelsFirst(attrs) ? [batch, ...space, channels] : A.shape;
  const views = { A: view, W: shaped(W.shape), E: view };
  return { ...layout, nest: convNestOf(kind, data, W.shape, attrs), views };
}

/** Y = A W, where either operand may be stored transposed. */
function matMulUse(
  layout: Layout,
  node: TapeNode,
  attrs: OpAttrs,
  positionsOf: (t: tf.Tensor) => readonly number[] | undefined,
): KernelUse | undefined {
  const A = matrix(node.saved[layout.saved.A], attrs.transposeA === true);
  const W = matrix(node.saved[layout.saved.W], attrs.transposeB === true);
  if (!A || !W) return undefined;
  const outChannels = W.shape[1];
  const flattened = attrs.transposeA ? undefined : positionsOf(node.inputs[layout.data] as tf.Tensor);
  const shape = flattened ?? A.shape;
  const views = { A: flattened ? shaped(flattened) : A.view, W: W.view, E: shaped([...shape.slice(0, -1), outChannels]) };
  return { ...layout, nest: matMulNestOf(shape, outChannels), views };
}

/** Y = W' A', read as Y' = A W. */
function leftMatMulUse({ data, kernel, saved }: Layout, node: TapeNode, attrs: OpAttrs): KernelUse | undefined {
  const A = matrix(node.saved[saved.W], attrs.transposeB !== true);
  const W = matrix(node.saved[saved.A], attrs.transposeA !== true);
  const E = matrix(node.outputs[0], true);
  if (!A || !W || !E) return undefined;
  return {
    data: kernel,
    kernel: data,
    saved: { A: saved.W, W: saved.A, backwardW: saved.A },
    nest: matMulNestOf(A.shape, W.shape[1]),
    views: { A: A.view, W: W.view, E: E.view },
  };
}

/** The matrix in a tensor, transposed on demand, or undefined for a batch of matrices. */
function matrix(t: tf.Tensor | undefined, transpose: boolean): { shape: [number, number]; view: View } | undefined {
  if (!t || t.shape.slice(0, -2).some((size) => size !== 1)) return undefined;
  const stored = t.shape.slice(-2) as [number, number];
  const shape: [number, number] = transpose ? [stored[1], stored[0]] : stored;
  return { shape, view: transpose ? (x) => tf.transpose(shaped(stored)(x)) : shaped(stored) };
}

function shaped(shape: readonly number[]): View {
  return (t) => (tf.util.arraysEqual(t.shape, shape as number[]) ? t : tf.reshape(t, shape as number[]));
}
