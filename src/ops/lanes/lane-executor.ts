import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import { sparsityOf } from '../../pruning/index.js';
import type { DenseKernelStore } from '../kernel-store.js';
import { isMasked, type MaskedLayer } from '../masked-layer-class.js';
import type { CreateRegionExecutor } from '../region.js';
import { isTapAttached } from '../tap/attach-tap.js';
import { applyInLanes } from './lane-companions.js';
import { type Flow, isElementwise, isInLanes, type LayerInternals, leaveLanes } from './lane-flow.js';
import { denseGeometry, windowGeometry } from './lane-geometry.js';
import { laneLayer } from './lane-layer.js';
import { fromLanes, toLanes } from './lane-layout.js';
import { type LanePlan, lanePlan } from './lane-plan.js';
import { reportUse } from './lane-report.js';
import { hasLanes } from './on-heap.js';

/** Sparsity of W.M_f from which the lane kernels are faster than the dense ones (`npm run bench:training`). */
const breakEven = 0.4;

/** A plan, and what it was made for. */
interface KnownPlan {
  readonly plan: LanePlan;
  readonly masks: LayerMasks;
  readonly geometry: ConvGeometry;
}

/**
 * Runs a chain with the sparse kernels: images go into lanes before the first layer that gains by it and come back behind the last one
 * that can work there. A layer whose mask is not sparse enough runs as usual, and so do all where tfjs does not compute on wasm.
 */
export const laneExecutor: CreateRegionExecutor = (layers) => {
  const plans = new Map<MaskedLayer, KnownPlan>();

  function forget(layer: MaskedLayer): void {
    plans.get(layer)?.plan.dispose();
    plans.delete(layer);
  }

  function planOf(layer: MaskedLayer, geometry: ConvGeometry): LanePlan {
    const { masks } = storeOf(layer);
    const known = plans.get(layer);
    if (known?.masks === masks && tf.util.arraysEqual(Object.values(known.geometry), Object.values(geometry))) return known.plan;
    forget(layer);
    const plan = lanePlan(geometry, masks);
    plans.set(layer, { plan, masks, geometry });
    return plan;
  }

  function step(flow: Flow, layer: tf.layers.Layer, kwargs: object): Flow {
    const geometry = isMasked(layer) ? sparseGeometry(layer, flow.images ?? flow.tensor.shape) : undefined;
    if (isMasked(layer) && geometry) return runMasked(layer, planOf(layer, geometry), flow);
    const inside = !isMasked(layer) && isInLanes(flow) ? applyInLanes(layer, flow, kwargs) : undefined;
    return inside ?? { tensor: layer.apply(leaveLanes(flow), kwargs) as tf.Tensor, images: undefined };
  }

  return {
    call: (x, kwargs) =>
      tf.tidy(() => {
        if (!hasLanes()) return layers.reduce((y, layer) => layer.apply(y, kwargs) as tf.Tensor, x);
        const flow: Flow = { tensor: x, images: undefined };
        return leaveLanes(layers.reduce((reached, layer) => step(reached, layer, kwargs), flow));
      }),
    storeOf(layer) {
      const store = storeOf(layer);
      const { dispose } = store;
      store.dispose = () => {
        forget(layer);
        dispose.call(store);
      };
      return store;
    },
  };
};

const sparsities = new WeakMap<LayerMasks, number>();

/** Of M_f; counted once for each change of the masks. */
function forwardSparsity(masks: LayerMasks): number {
  const sparsity = sparsities.get(masks) ?? sparsityOf(masks.forward);
  sparsities.set(masks, sparsity);
  return sparsity;
}

function storeOf(layer: MaskedLayer): DenseKernelStore {
  return layer.kernelStore as DenseKernelStore;
}

/** The loops of a masked layer that is to run sparse, or undefined when it is not. */
function sparseGeometry(layer: MaskedLayer, images: readonly number[]): ConvGeometry | undefined {
  const { info, masks } = storeOf(layer);
  if (forwardSparsity(masks) < breakEven) return undefined;
  if (info.kind === 'dense' && images.length === 2) return denseGeometry(...(info.shape as [number, number]));
  const { strides, padding, dataFormat } = layer as unknown as Required<LayerInternals>;
  if (info.kind !== 'conv2d' || dataFormat === 'channelsFirst') return undefined;
  const geometry = windowGeometry(images, info.shape, strides, padding);
  return geometry.outHeight > 0 && geometry.outWidth > 0 ? geometry : undefined;
}

function runMasked(layer: MaskedLayer, plan: LanePlan, flow: Flow): Flow {
  const { bias, activation } = layer as unknown as LayerInternals;
  const store = storeOf(layer);
  const [batch] = (flow.images ?? flow.tensor.shape) as [number];
  const name = activation?.getClassName() ?? 'linear';
  const y = laneLayer(flow.images ? flow.tensor : toLanes(flow.tensor), store.variable, bias?.read(), plan, {
    relu: name === 'relu',
    masks: store.opMasks ?? {},
    onUse: isTapAttached() ? (use) => reportUse(store, plan, batch, use) : undefined,
  });
  const { outHeight, outWidth, outChannels } = plan.geometry;
  const images = store.info.kind === 'dense' ? [batch, outChannels] : [batch, outHeight, outWidth, outChannels];
  if (name === 'linear' || name === 'relu' || !activation) return { tensor: y, images };
  if (isElementwise(name)) return { tensor: activation.apply(y), images };
  return { tensor: activation.apply(fromLanes(y, images)), images: undefined };
}
