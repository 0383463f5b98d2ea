import * as tf from '@tensorflow/tfjs';
import type { LoopNest } from 'tfjs-sparsity/hw';
import { attachTap, type TappedOp } from 'tfjs-sparsity/ops';

/** A tapped op with its tensors copied out. */
export interface TappedValues {
  readonly layer: string;
  readonly use: number;
  readonly nest: LoopNest;
  readonly needsInputGradient: boolean;
  readonly W: Values;
  readonly backwardW: Values;
  readonly A: Values;
  readonly E: Values;
  readonly G: Values;
  readonly backwardE: Values | undefined;
  readonly gradientA: Values | undefined;
}

export interface Values {
  readonly shape: number[];
  readonly data: Float32Array;
}

export function valuesOf(t: tf.Tensor): Values {
  return { shape: t.shape, data: Float32Array.from(t.dataSync()) };
}

/** What a tap sees while `step` runs, in the order of the report. */
export function tapped(model: tf.LayersModel, step: () => void): TappedValues[] {
  const seen: TappedValues[] = [];
  const tap = attachTap(model, {
    onOp: ({ W, backwardW, A, E, G, backwardE, gradientA, ...rest }: TappedOp) =>
      seen.push({
        ...rest,
        W: valuesOf(W),
        backwardW: valuesOf(backwardW),
        A: valuesOf(A),
        E: valuesOf(E as tf.Tensor),
        G: valuesOf(G as tf.Tensor),
        backwardE: backwardE && valuesOf(backwardE),
        gradientA: gradientA && valuesOf(gradientA),
      }),
  });
  try {
    tf.tidy(step);
  } finally {
    tap.detach();
  }
  return seen;
}

/** G by the definition: for every output position, tap and pair of channels, the sum of input times error. */
export function weightGradientReference(nest: LoopNest, A: Values, E: Values): Float64Array {
  const [x, y] = nest.transposed ? [E.data, A.data] : [A.data, E.data];
  const perGroup = nest.inChannels / nest.groups;
  const outPerGroup = nest.outChannels / nest.groups;
  const [kd, kh, kw] = nest.kernelSize;
  const G = new Float64Array(kd * kh * kw * perGroup * nest.outChannels);
  for (let image = 0; image < nest.batch; image++) {
    for (const out of positions(nest.outSize)) {
      for (const tap of positions(nest.kernelSize)) {
        const at = out.map((o, axis) => o * nest.stride[axis] + tap[axis] * nest.dilation[axis] - nest.padBefore[axis]);
        if (at.some((position, axis) => position < 0 || position >= nest.inSize[axis])) continue;
        const pixel = offset(image, at, nest.inSize) * nest.inChannels;
        const error = offset(image, out, nest.outSize) * nest.outChannels;
        const row = offset(0, tap, nest.kernelSize) * perGroup;
        for (let co = 0; co < nest.outChannels; co++) {
          const first = Math.floor(co / outPerGroup) * perGroup;
          for (let ci = 0; ci < perGroup; ci++) {
            G[(row + ci) * nest.outChannels + co] += x[pixel + first + ci] * y[error + co];
          }
        }
      }
    }
  }
  return G;
}

function* positions([d, h, w]: readonly [number, number, number]): Iterable<number[]> {
  for (let z = 0; z < d; z++) for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) yield [z, y, x];
}

function offset(image: number, [z, y, x]: number[], [d, h, w]: readonly [number, number, number]): number {
  return ((image * d + z) * h + y) * w + x;
}

/** Largest difference over largest magnitude. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 1e-30;
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    magnitude = Math.max(magnitude, Math.abs(a[i]), Math.abs(b[i]));
  }
  return difference / magnitude;
}
