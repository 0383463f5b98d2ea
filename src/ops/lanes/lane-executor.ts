import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import { sparsityOf } from '../../pruning/index.js';
import { isRecording } from '../forward-backward-op.js';
import type { DenseKernelStore } from '../kernel-store.js';
import { isMasked, type MaskedLayer } from '../masked-layer-class.js';
import type { CreateRegionExecutor } from '../region.js';
import { isTapAttached } from '../tap/attach-tap.js';
import { inTrainingStep } from '../training-step.js';
import { CompactKernel } from './compact-kernel.js';
import { applyInLanes } from './lane-companions.js';
import { type Flow, isElementwise, isInLanes, type LayerInternals, leaveLanes } from './lane-flow.js';
import { denseGeometry, windowGeometry } from './lane-geometry.js';
import { type LaneUse, laneLayer } from './lane-layer.js';
import { fromLanes, toLanes } from './lane-layout.js';
import { type LanePlan, lanePlan } from './lane-plan.js';
import { reportUse } from './lane-report.js';
import { hasLanes } from './on-heap.js';

/**
 * Sparsity of W.M_f from which a layer runs in lanes. A training step is as fast as a dense one at 40 % (CNN; MLP 0.9 times) and faster at
 * 50 % (1.2 and 1.1 times): `npm run bench:training -- --sparsities 0.4,0.5,0.6 --optimizers sgd`.
 */
const breakEven = 0.4;
/** Input channels up to which a convolution is faster in lanes even with all its weights: dense kernels want many channels. */
const fewChannels = 4;

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
  const compacts = new Map<MaskedLayer, CompactKernel>();

  function settle(layer: MaskedLayer): void {
    compacts.get(layer)?.dispose();
    compacts.delete(layer);
  }

  function forget(layer: MaskedLayer): void {
    settle(layer);
    plans.get(layer)?.plan.dispose();
    plans.delete(layer);
  }

  function planOf(layer: MaskedLayer, geometry: ConvGeometry): LanePlan {
    const { masks } = storeOf(layer);
    const known = plans.get(layer);
    if (known?.masks === masks && tf.util.arraysEqual(Object.values(known.geometry), Object.values(geometry))) return known.plan;
    // Kept values that are trained by themselves stay so: their order does not depend on the size of the images.
    known?.plan.dispose();
    const plan = lanePlan(geometry, masks);
    plans.set(layer, { plan, masks, geometry });
    return plan;
  }

  /** Trains the kept values by themselves from now on, where they can be and the layer has run in lanes under these masks. */
  function prepare(layer: MaskedLayer, optimizer: tf.Optimizer): void {
    const compact = compacts.get(layer);
    if (compact && (compact.isStale || !compact.isFor(optimizer))) settle(layer);
    const known = plans.get(layer);
    if (!known || compacts.has(layer) || !isCompactable(layer, known)) return;
    compacts.set(layer, new CompactKernel(storeOf(layer).variable, known.plan.gradient().list.order, optimizer));
  }

  function step(flow: Flow, layer: tf.layers.Layer, kwargs: object): Flow {
    const geometry = isMasked(layer) && laneGeometry(layer, flow.images ?? flow.tensor.shape, layers);
    if (isMasked(layer) && geometry) return runMasked(layer, planOf(layer, geometry), flow, compacts.get(layer));
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
      const before = (first: () => void, method: 'readKernel' | 'effective' | 'repack' | 'enforce' | 'dispose') => {
        const own = store[method] as (...args: unknown[]) => unknown;
        Object.assign(store, {
          [method]: (...args: unknown[]) => {
            first();
            return own.apply(store, args);
          },
        });
      };
      for (const method of ['readKernel', 'effective'] as const) before(() => compacts.get(layer)?.sync(), method);
      for (const method of ['repack', 'enforce'] as const) before(() => settle(layer), method);
      before(() => forget(layer), 'dispose');
      store.settle = () => settle(layer);
      store.prepare = (optimizer) => prepare(layer, optimizer);
      store.read = () => {
        const compact = compacts.get(layer);
        if (compact && inTrainingStep()) return compact.variable;
        compact?.sync();
        return store.variable;
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

const seen = new WeakSet<LayerMasks>();

/** Masks that last for one step only (BDWP) are not worth their lists: from the second step on the same masks are. */
function areLasting(masks: LayerMasks): boolean {
  const known = seen.has(masks);
  seen.add(masks);
  return known;
}

function isSparse(layer: tf.layers.Layer): boolean {
  return isMasked(layer) && forwardSparsity(storeOf(layer).masks) >= breakEven;
}

/** The loops of a masked layer that is to run in lanes, or undefined when it is not: sparse ones, and what leads to them. */
function laneGeometry(
  layer: MaskedLayer,
  images: readonly number[],
  chain: readonly tf.layers.Layer[],
): ConvGeometry | undefined {
  const { info, masks } = storeOf(layer);
  const narrow = info.kind === 'conv2d' && (info.shape[info.inputAxis] as number) <= fewChannels && chain.some(isSparse);
  if (!(isSparse(layer) || narrow) || !areLasting(masks)) return undefined;
  if (info.kind === 'dense' && images.length === 2) return denseGeometry(...(info.shape as [number, number]));
  const { strides, padding, dataFormat } = layer as unknown as Required<LayerInternals>;
  if (info.kind !== 'conv2d' || dataFormat === 'channelsFirst') return undefined;
  const geometry = windowGeometry(images, info.shape, strides, padding);
  return geometry.outHeight > 0 && geometry.outWidth > 0 ? geometry : undefined;
}

/** Whether a kernel's kept values can be trained by themselves: they are all that any product sees, and all that gets a gradient. */
function isCompactable(layer: MaskedLayer, { plan, masks }: KnownPlan): boolean {
  const { treatment, opMasks } = storeOf(layer);
  const { forward, backward, gradient } = masks;
  const one = masks === storeOf(layer).masks && forward !== null && forward === backward && forward === gradient;
  const zero = treatment.pruned === 'zero' && treatment.slots === 'zero' && treatment.decay === 0;
  // A regularizer of the kernel wants to see the kernel.
  const { kernelRegularizer } = layer as unknown as { kernelRegularizer?: unknown };
  return one && zero && !opMasks?.term && !kernelRegularizer && layer.trainable && plan.forward.nonzeros > 0;
}

function runMasked(layer: MaskedLayer, plan: LanePlan, flow: Flow, compact: CompactKernel | undefined): Flow {
  const { bias, activation } = layer as unknown as LayerInternals;
  const store = storeOf(layer);
  const [batch] = (flow.images ?? flow.tensor.shape) as [number];
  const name = activation?.getClassName() ?? 'linear';
  // A custom training loop asks for the gradient of the dense variable.
  const values = compact && !compact.isStale && (inTrainingStep() || !isRecording()) ? 'gradient' : 'dense';
  const w = values === 'gradient' ? (compact as CompactKernel).variable : (store.read() as tf.Variable);
  const inFull = (use: LaneUse) => ({ ...use, G: (compact as CompactKernel).scatter(use.G) });
  const y = laneLayer(flow.images ? flow.tensor : toLanes(flow.tensor), w, bias?.read(), plan, {
    relu: name === 'relu',
    values,
    masks: store.opMasks ?? {},
    onUse: isTapAttached() ? (use) => reportUse(store, plan, batch, values === 'dense' ? use : inFull(use)) : undefined,
  });
  const { outHeight, outWidth, outChannels } = plan.geometry;
  const images = store.info.kind === 'dense' ? [batch, outChannels] : [batch, outHeight, outWidth, outChannels];
  if (name === 'linear' || name === 'relu' || !activation) return { tensor: y, images };
  if (isElementwise(name)) return { tensor: activation.apply(y), images };
  return { tensor: activation.apply(fromLanes(y, images)), images: undefined };
}
