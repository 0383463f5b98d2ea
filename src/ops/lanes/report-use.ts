import * as tf from '@tensorflow/tfjs';
import { convNest, denseNest, type LoopNest } from '../../hw/index.js';
import type { DenseKernelStore } from '../kernel-store.js';
import { withoutChain } from '../op-chain.js';
import { offTape } from '../tap/tape.js';
import type { WatchedUse } from '../tap/watched-uses.js';
import type { LaneUse } from './lane-layer.js';
import { unpackFramed } from './lane-layout.js';
import type { LanePlan } from './lane-plan.js';

/**
 * Tells those who watch a use of a kernel in lanes of it: effective operands, in canonical shape. Where G comes it is for those to whom the
 * kernel is a trained one, all else for those to whom it is frozen.
 */
export function reportUse(
  watched: readonly WatchedUse[],
  store: DenseKernelStore,
  plan: LanePlan,
  batch: number,
  { A, E, errorFrame, G, needsInputGradient }: LaneUse,
): void {
  const told = watched.filter(({ trained }) => trained === (G !== undefined));
  if (told.length === 0) return;
  const tell = () => {
    const { info, masks } = store;
    const isDense = info.kind === 'dense';
    const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = plan.geometry;
    const W = store.effective();
    const operands = {
      nest: nestOf(isDense, plan, batch),
      W,
      backwardW: masks.backward === masks.forward ? W : store.effective('backward'),
      A: unpackFramed(A, plan.forwardFrame, isDense ? [batch, inChannels] : [batch, inHeight, inWidth, inChannels]),
      E: E && unpackFramed(E, errorFrame, isDense ? [batch, outChannels] : [batch, outHeight, outWidth, outChannels]),
      ...{ G, needsInputGradient },
    };
    for (const { report } of told) report(operands);
  };
  if (E) tf.tidy(tell);
  // In the forward pass what is computed here is no part of it.
  else withoutChain([], () => offTape(tell));
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
