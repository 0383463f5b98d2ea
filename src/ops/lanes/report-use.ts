import * as tf from '@tensorflow/tfjs';
import { convNest, denseNest, type LoopNest } from '../../hw/index.js';
import type { DenseKernelStore } from '../kernel-store.js';
import { reportOp } from '../tap/attach-tap.js';
import type { LaneUse } from './lane-layer.js';
import { fromLanes, type LaneShape } from './lane-layout.js';
import type { LanePlan } from './lane-plan.js';

/** Tells the taps of a use of a kernel in lanes: effective operands, in canonical shape. */
export function reportUse(store: DenseKernelStore, plan: LanePlan, batch: number, use: LaneUse): void {
  tf.tidy(() => {
    const { info, masks } = store;
    const images = (t: tf.Tensor) => {
      const [, height, width, channels] = t.shape as LaneShape;
      return fromLanes(t, info.kind === 'dense' ? [batch, channels] : [batch, height, width, channels]);
    };
    const W = store.effective();
    reportOp({
      layer: info.name,
      use: 0,
      nest: nestOf(info.kind === 'dense', plan, batch),
      W,
      backwardW: masks.backward === masks.forward ? W : store.effective('backward'),
      A: images(use.A),
      E: images(use.E),
      G: use.G,
      needsInputGradient: use.needsInputGradient,
    });
  });
}

function nestOf(isDense: boolean, { geometry: g, forwardFrame: frame }: LanePlan, batch: number): LoopNest {
  const { inChannels, outChannels } = g;
  if (isDense) return denseNest({ batch, inFeatures: inChannels, outFeatures: outChannels });
  return convNest({
    batch,
    inSize: [g.inHeight, g.inWidth],
    inChannels,
    outChannels,
    kernelSize: [g.kernelHeight, g.kernelWidth],
    stride: [g.strideHeight, g.strideWidth],
    padding: [
      [frame.top, frame.bottom],
      [frame.left, frame.right],
    ],
  });
}
