import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import type { KernelInfo, KernelKind } from '../pruning/contracts.js';
import type { ConvGeometry, OpMasks } from './masked-ops.js';

/** How a layer trains whose products are known. */
export type MaskedOp = (x: tf.Tensor, w: tf.Tensor, options: OpMasks & ConvGeometry) => tf.Tensor;

/** A masked class and the class that it stands for, one of tfjs or of the user. */
export interface MaskedKind {
  /** Class names in tfjs's serialisation. */
  readonly stock: string;
  readonly masked: string;
  /** Axes of each kernel that the forward pass and the input gradient reduce over; negative ones count from the end. */
  readonly axes: readonly [input: number, output: number];
  /** The layer's fields that hold its kernels, at least one, or ways to them: a recurrent layer's are in its cell, `cell.kernel`. */
  readonly kernelFields: readonly string[];
  /** What the kernels are. @default what their numbers of axes say */
  readonly kinds?: readonly KernelKind[];
  /** Trains the layer with three masks, of a class of one kernel. @default the class's own call, with the masked kernels */
  readonly op?: MaskedOp;
}

/** What is in a field of a layer, or at the end of a way such as `cell.kernel`; undefined where there is none. */
export function fieldOf(layer: tf.layers.Layer, path: string): unknown {
  return path.split('.').reduce((value: unknown, field) => (value as Record<string, unknown> | undefined)?.[field], layer);
}

/** Kinds by their masked class, and by the class that it stands for. */
const masked = new Map<unknown, MaskedKind>();
const maskable = new Map<unknown, MaskedKind>();

const kindsOfRank: Readonly<Record<number, KernelKind>> = { 2: 'dense', 3: 'conv1d', 4: 'conv2d' };

/** The kind that a kernel counts as by its number of axes; undefined where there is none. */
export function kindOfRank(rank: number): KernelKind | undefined {
  return kindsOfRank[rank];
}

/** Keeps a kind for its two classes. */
export function rememberKind(kind: MaskedKind, maskedClass: unknown, stockClass: unknown): void {
  masked.set(maskedClass, kind);
  maskable.set(stockClass, kind);
}

/** The kind of a masked class, or undefined for any other class. */
export function kindOfMasked(maskedClass: unknown): MaskedKind | undefined {
  return masked.get(maskedClass);
}

/** Whether a class name in a model's topology is that of a masked layer. */
export function isMaskedClassName(name: unknown): boolean {
  return [...masked.values()].some((kind) => kind.masked === name);
}

/** The kind whose masked class stands for a class, or undefined where there is none. */
export function kindForClass(layerClass: unknown): MaskedKind | undefined {
  return maskable.get(layerClass);
}

/** Names of the classes that have a masked one. */
export function maskableClasses(): readonly string[] {
  return [...maskable.values()].map(({ stock }) => stock);
}

/** The `i`th kernel of a layer as pruning sees it. */
export function infoOf({ kinds, axes, stock, op }: MaskedKind, i: number, name: string, shape: number[]): KernelInfo {
  const [inputAxis, outputAxis] = axes.map((axis) => (axis < 0 ? axis + shape.length : axis)) as [number, number];
  const kind = kinds?.[i] ?? kindOfRank(shape.length);
  const areAxes = shape[inputAxis] !== undefined && shape[outputAxis] !== undefined && inputAxis !== outputAxis;
  if (kind && areAxes) return { name, kind, shape, inputAxis, outputAxis, ...(!op && { oneMask: true }) };
  throw new SparsityError({
    what: `kernel of layer ${name}`,
    got: `the shape [${shape}]`,
    expected: `2, 3 or 4 axes, among them, as two, ${axes.join(' and ')}`,
    fix: `see registerMaskedLayer for ${stock}, or use the layer without masks`,
  });
}
