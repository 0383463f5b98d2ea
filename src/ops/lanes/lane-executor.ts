import * as tf from '@tensorflow/tfjs';
import { isRecording } from '../forward-backward-op.js';
import { lendSlots } from '../lent-slots.js';
import { isMasked, type MaskedLayer } from '../masked-layer-class.js';
import { asOneOp, withoutChain } from '../op-chain.js';
import { applyLayer, type CreateRegionExecutor, type RegionNode, runNodes } from '../region.js';
import { watchedUses } from '../tap/watched-uses.js';
import { inTrainingLoss, inTrainingStep } from '../training-step.js';
import { CompactKernel } from './compact-kernel.js';
import { laneGeometry, storeOf } from './lane-choice.js';
import { applyInLanes, tilingPool } from './lane-companions.js';
import {
  type Flow,
  isElementwise,
  isInLanes,
  isRelu,
  type LaneFlow,
  type LaneObstacle,
  type LayerInternals,
  leaveLanes,
} from './lane-flow.js';
import { laneLayer } from './lane-layer.js';
import { fromLanes, toLanes } from './lane-layout.js';
import type { LanePlan, PlacedProduct } from './lane-plan.js';
import { type KnownPlan, LanePlans } from './lane-plans.js';
import { hasHeap, hasLanes } from './on-heap.js';
import { reportUse } from './report-use.js';
import { rowSoftmax } from './row-softmax.js';

/**
 * Runs a region with the sparse kernels: images go into lanes before the first layer that gains by it and come back behind the last one
 * that can work there. A layer whose mask is not sparse enough runs as usual, and so do all where tfjs does not compute on wasm.
 *
 * @param breakEven sparsity from which a layer runs in lanes. A training step is as fast as a dense one at 40 % (CNN; MLP 0.9 times) and
 * faster at 50 % (1.2 and 1.1 times): `npm run bench:training -- --sparsities 0.4,0.5,0.6 --optimizers sgd`. Above 0, a convolution's density
 * counts for each of the 32 lanes that a batch begins, also the empty ones, over its images, and predictions of up to 7 rows leave dense
 * layers to the dense kernels.
 */
export function laneExecutor(breakEven = 0.45): CreateRegionExecutor {
  return (nodes) => createExecutor(nodes, breakEven);
}

function createExecutor(nodes: readonly RegionNode[], breakEven: number): ReturnType<CreateRegionExecutor> {
  const layers = nodes.map(({ layer }) => layer);
  const followers = nodes.map((_, i) => followerOf(nodes, i));
  const obstacles: (LaneObstacle | undefined)[] = nodes.map(() => 'notRunYet');
  const plans = new LanePlans();
  const compacts = new Map<MaskedLayer, CompactKernel>();
  /** To be called when the slots of compact kernels are given back. */
  const loans = new Map<MaskedLayer, () => void>();

  function settle(layer: MaskedLayer): void {
    compacts.get(layer)?.dispose();
    compacts.delete(layer);
    loans.get(layer)?.();
    loans.delete(layer);
  }

  function forget(layer: MaskedLayer): void {
    settle(layer);
    plans.forget(storeOf(layer));
  }

  /** Trains the kept values by themselves from now on, where they can be and the layer has run in lanes under these masks. */
  function prepare(layer: MaskedLayer, optimizer: tf.Optimizer): void {
    const known = hasHeap() ? plans.known(storeOf(layer)) : undefined;
    const product = known && compactProduct(layer, known);
    const compact = compacts.get(layer);
    if (compact && (!product || compact.isStale || !compact.isFor(optimizer))) settle(layer);
    if (!product || compacts.has(layer)) return;
    compacts.set(layer, new CompactKernel(storeOf(layer).variable, product.list.order, optimizer));
    loans.set(layer, lendSlots(optimizer, storeOf(layer)));
  }

  /** The result of a layer in lanes, or why there is none. */
  function inLanes(layer: tf.layers.Layer, flows: readonly Flow[], kwargs: object, index: number): Flow | LaneObstacle {
    if (isMasked(layer)) {
      const [flow] = flows as [Flow];
      const geometry = laneGeometry(layer, flow, layers, breakEven);
      if (typeof geometry === 'string') return geometry;
      return runMasked(layer, plans.of(storeOf(layer), geometry), flow, compacts.get(layer), followers[index]);
    }
    if (!flows.every(isInLanes)) return 'inputNotInLanes';
    return applyInLanes(layer, flows as [LaneFlow, ...LaneFlow[]], { kwargs, thenRelu: isRelu(followers[index]) });
  }

  function step(layer: tf.layers.Layer, flows: readonly Flow[], kwargs: object, index: number): Flow {
    const flow = hasLanes() ? inLanes(layer, flows, kwargs, index) : 'noWasm';
    obstacles[index] = typeof flow === 'string' ? flow : undefined;
    if (typeof flow !== 'string') return flow;
    const inputs = flows.map(leaveLanes);
    return { tensor: withoutChain(inputs, () => applyLayer(layer, inputs, kwargs)), images: undefined };
  }

  function run(x: tf.Tensor, kwargs: object): tf.Tensor {
    const input: Flow = { tensor: x, images: undefined };
    return leaveLanes(runNodes(nodes, input, (layer, flows, index) => step(layer, flows, kwargs, index)));
  }

  return {
    call: (x, kwargs) => tf.tidy(() => (isRecording() ? asOneOp(() => run(x, kwargs)) : run(x, kwargs))),
    report: () =>
      layers.map((layer, i) => {
        const obstacle = obstacles[i];
        return {
          ...{ layer: layer.name, className: layer.getClassName(), inLanes: obstacle === undefined },
          ...(obstacle ? { obstacle } : {}),
        };
      }),
    storeOf(layer) {
      const store = storeOf(layer);
      const before = (first: () => void, method: 'readKernel' | 'readSlots' | 'repack' | 'enforce' | 'dispose') => {
        const own = store[method] as (...args: unknown[]) => unknown;
        Object.assign(store, {
          [method]: (...args: unknown[]) => {
            first();
            return own.apply(store, args);
          },
        });
      };
      before(() => compacts.get(layer)?.sync(), 'readKernel');
      for (const method of ['readSlots', 'repack', 'enforce'] as const) before(() => settle(layer), method);
      before(() => forget(layer), 'dispose');
      const { regroup } = store;
      store.regroup = (...masks) => {
        settle(layer);
        if (!plans.regroup(store, ...masks)) regroup.apply(store, masks);
      };
      const { thinOperands } = store;
      store.thinOperands = (thinning) => {
        // The dense kernel is what gets a gradient then.
        if (thinning) forget(layer);
        thinOperands.call(store, thinning);
      };
      store.settle = () => settle(layer);
      store.prepare = (optimizer) => prepare(layer, optimizer);
      const { effective } = store;
      store.effective = (mask) => {
        const compact = compacts.get(layer);
        if (compact && inTrainingLoss()) return compact.inFull();
        compact?.sync();
        // Kept values have given it zeros elsewhere.
        if (compact && !compact.isStale && !isRecording()) return store.variable;
        return effective.call(store, mask);
      };
      store.read = () => {
        const compact = compacts.get(layer);
        if (compact && inTrainingStep()) return inTrainingLoss() ? compact.inFull() : compact.variable;
        // Who reads the variable may look at its slots next, as `save` does.
        settle(layer);
        return store.variable;
      };
      return store;
    },
  };
}

/** The one layer that sees a node's output, where there is but one. */
function followerOf(nodes: readonly RegionNode[], index: number): tf.layers.Layer | undefined {
  const next = nodes.filter(({ inputs }) => inputs.includes(index));
  return next.length === 1 ? next[0]?.layer : undefined;
}

/**
 * The product by which a kernel's kept values can be trained by themselves, where they are all that any product sees, and all that gets a
 * gradient.
 */
function compactProduct(layer: MaskedLayer, { plan, source }: KnownPlan): PlacedProduct | undefined {
  const store = storeOf(layer);
  const { treatment, opMasks } = store;
  const zero = treatment.pruned === 'zero' && treatment.slots === 'zero' && treatment.decay === 0;
  // A regularizer of the kernel wants to see the kernel.
  const { kernelRegularizer } = layer as unknown as { kernelRegularizer?: unknown };
  // A variable is frozen at once, its layer's model when it is compiled anew.
  const isFrozen = !layer.trainable || !store.variable.trainable;
  if (!zero || opMasks?.term || kernelRegularizer || isFrozen) return undefined;
  const { forward, backward, gradient } = store.masks;
  const one = source === store.masks && forward !== null && forward === backward && forward === gradient;
  const product = one ? plan.gradient?.() : undefined;
  return product?.nonzeros ? product : undefined;
}

function runMasked(
  layer: MaskedLayer,
  plan: LanePlan,
  flow: Flow,
  compact: CompactKernel | undefined,
  follower: tf.layers.Layer | undefined,
): Flow {
  const { bias, activation } = layer as unknown as LayerInternals;
  const store = storeOf(layer);
  const [batch] = (flow.images ?? flow.tensor.shape) as [number];
  const name = activation?.getClassName() ?? 'linear';
  // A custom training loop asks for the gradient of the dense variable.
  const values = compact && !compact.isStale && (inTrainingStep() || !isRecording()) ? 'gradient' : 'dense';
  const w = values === 'gradient' ? (compact as CompactKernel).variable : store.read();
  const inFull = (G: tf.Tensor) => (values === 'gradient' ? (compact as CompactKernel).scatter(G) : G);
  const watched = watchedUses(store.variable);
  const { outHeight, outWidth, outChannels } = plan.geometry;
  const images = store.info.kind === 'dense' ? [batch, outChannels] : [batch, outHeight, outWidth, outChannels];
  const pool = name === 'relu' && follower ? tilingPool(follower, images) : undefined;
  const y = laneLayer(flow.images ? flow.tensor : toLanes(asFloats(flow.tensor)), w, bias?.read(), plan, {
    relu: name === 'relu',
    pool,
    values,
    masks: store.opMasks ?? {},
    kernel: store.variable,
    batch,
    onUse:
      watched.length > 0 ? (use) => reportUse(watched, store, plan, batch, { ...use, G: use.G && inFull(use.G) }) : undefined,
  });
  if (name === 'linear' || name === 'relu' || !activation) {
    return { tensor: y, images, rectified: name === 'relu', pooled: pool !== undefined };
  }
  const isLane = isElementwise(name);
  const z = isLane ? y : fromLanes(y, images);
  if (name === 'softmax') return { tensor: rowSoftmax(z), images: undefined };
  return { tensor: withoutChain([z], () => activation.apply(z)), images: isLane ? images : undefined };
}

/** Whole numbers and booleans as tfjs's dense layer takes them. */
function asFloats(x: tf.Tensor): tf.Tensor {
  return x.dtype === 'float32' ? x : withoutChain([x], () => x.toFloat());
}
