import { sizeOf } from '../../hw/bits.js';
import { convNest, type LoopNest } from '../../hw/index.js';
import type { OpAttrs } from './tape.js';

/** Kind of a convolution op. */
export type ConvKind = 'plain' | 'depthwise' | 'transposed';

/** Geometry as tfjs's ops carry it in their attributes; [before, after] pairs are in the order of the data's axes. */
interface ConvAttrs {
  readonly strides: number | readonly number[];
  readonly pad: 'same' | 'valid' | number | readonly (readonly [number, number])[];
  readonly dilations?: number | readonly number[] | null;
  /** Of a transposed convolution: the shape of its output. */
  readonly inputShape?: readonly number[];
}

/** Whether the data of a convolution has its channels before its space. */
export function isChannelsFirst(attrs: OpAttrs): boolean {
  return attrs.dataFormat === 'NCHW';
}

/**
 * The loop nest of a convolution over one to three axes.
 *
 * @param data shape of A, [batch, ...space, channels].
 * @param kernel shape of W, [...space, in, out]; of a depthwise op [...space, channels, multiplier].
 */
export function convNestOf(kind: ConvKind, data: readonly number[], kernel: readonly number[], attrs: OpAttrs): LoopNest {
  const { strides, pad, dilations, inputShape } = attrs as unknown as ConvAttrs;
  const kernelSize = kernel.slice(0, -2);
  const [inChannels, outPerIn] = kernel.slice(-2) as [number, number];
  const first = isChannelsFirst(attrs);
  const space = (shape: readonly number[]) => (first ? shape.slice(2) : shape.slice(1, -1));
  const perAxis = (value: number | readonly number[]) => (typeof value === 'number' ? kernelSize.map(() => value) : value);
  const depthwise = kind === 'depthwise';
  return convNest({
    batch: data[0] as number,
    inSize: kind === 'transposed' ? space(inputShape as readonly number[]) : data.slice(1, -1),
    inChannels,
    outChannels: depthwise ? inChannels * outPerIn : outPerIn,
    kernelSize,
    stride: perAxis(strides),
    padding: typeof pad === 'string' ? pad : typeof pad === 'number' ? kernelSize.map(() => pad) : padOf(pad, first),
    dilation: perAxis(dilations ?? 1),
    groups: depthwise ? inChannels : 1,
    transposed: kind === 'transposed',
  });
}

function padOf(pad: readonly (readonly [number, number])[], channelsFirst: boolean): readonly (readonly [number, number])[] {
  return channelsFirst ? pad.slice(2) : pad.slice(1, -1);
}

/**
 * The loop nest of a matrix product: a 1x1 convolution over the positions that share the kernel.
 *
 * @param data shape of A, [batch, ...positions, in].
 */
export function matMulNestOf(data: readonly number[], outChannels: number): LoopNest {
  const positions = sizeOf(data.slice(1, -1));
  return convNest({
    batch: data[0] as number,
    inSize: [positions],
    inChannels: data.at(-1) as number,
    outChannels,
    kernelSize: [1],
  });
}
