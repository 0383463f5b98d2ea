import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import { isRecording } from '../forward-backward-op.js';
import { isMasked, type MaskedLayer } from '../masked-layer-class.js';
import { applyLayer, type CreateRegionExecutor, type RegionNode, runNodes } from '../region.js';
import { isTapAttached } from '../tap/attach-tap.js';
import { inTrainingStep } from '../training-step.js';
import { CompactKernel } from './compact-kernel.js';
import { laneGeometry, storeOf } from './lane-choice.js';
import { applyInLanes } from './lane-companions.js';
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
import { type LaneUse, laneLayer } from './lane-layer.js';
import { fromLanes, toLanes } from './lane-layout.js';
import { type LanePlan, lanePlan } from './lane-plan.js';
import { reportUse } from './lane-report.js';
import { hasLanes } from './on-heap.js';

/** Options of {@link laneExecutor}. */
export interface LaneExecutorOptions {
  /**
   * Sparsity from which a layer runs in lanes. A training step is as fast as a dense one at 40 % (CNN; MLP 0.9 times) and faster at
   * 50 % (1.2 and 1.1 times): `npm run bench:training -- --sparsities 0.4,0.5,0.6 --optimizers sgd`.
   */
  readonly breakEven?: number;
}

/** A plan, and what it was made for. */
interface KnownPlan {
  readonly plan: LanePlan;
  readonly masks: LayerMasks;
  readonly geometry: ConvGeometry;
}

/**
 * Runs a region with the sparse kernels: images go into lanes before the first layer that gains by it and come back behind the last one
 * that can work there. A layer whose mask is not sparse enough runs as usual, and so do all where tfjs does not compute on wasm.
 */
export function laneExecutor({ breakEven = 0.45 }: LaneExecutorOptions = {}): CreateRegionExecutor {
  return (nodes) => createExecutor(nodes, breakEven);
}

function createExecutor(nodes: readonly RegionNode[], breakEven: number): ReturnType<CreateRegionExecutor> {
  const layers = nodes.map(({ layer }) => layer);
  const thenRelu = nodes.map((_, i) => isFollowedByRelu(nodes, i));
  const obstacles: (LaneObstacle | undefined)[] = nodes.map(() => 'notRunYet');
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

  /** The result of a layer in lanes, or why there is none. */
  function inLanes(layer: tf.layers.Layer, flows: readonly Flow[], kwargs: object, index: number): Flow | LaneObstacle {
    if (isMasked(layer)) {
      const [flow] = flows as [Flow];
      const geometry = laneGeometry(layer, flow.images ?? flow.tensor.shape, layers, breakEven);
      return typeof geometry === 'string' ? geometry : runMasked(layer, planOf(layer, geometry), flow, compacts.get(layer));
    }
    if (!flows.every(isInLanes)) return 'inputNotInLanes';
    return applyInLanes(layer, flows as [LaneFlow, ...LaneFlow[]], { kwargs, thenRelu: thenRelu[index] as boolean });
  }

  function step(layer: tf.layers.Layer, flows: readonly Flow[], kwargs: object, index: number): Flow {
    const flow = hasLanes() ? inLanes(layer, flows, kwargs, index) : 'noWasm';
    obstacles[index] = typeof flow === 'string' ? flow : undefined;
    if (typeof flow !== 'string') return flow;
    return { tensor: applyLayer(layer, flows.map(leaveLanes), kwargs), images: undefined };
  }

  return {
    call: (x, kwargs) =>
      tf.tidy(() => {
        const input: Flow = { tensor: x, images: undefined };
        return leaveLanes(runNodes(nodes, input, (layer, flows, index) => step(layer, flows, kwargs, index)));
      }),
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
}

/** Whether the one layer that sees a node's output is relu. */
function isFollowedByRelu(nodes: readonly RegionNode[], index: number): boolean {
  const next = nodes.filter(({ inputs }) => inputs.includes(index));
  return next.length === 1 && isRelu((next[0] as RegionNode).layer);
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
    batch,
    onUse: isTapAttached() ? (use) => reportUse(store, plan, batch, values === 'dense' ? use : inFull(use)) : undefined,
  });
  const { outHeight, outWidth, outChannels } = plan.geometry;
  const images = store.info.kind === 'dense' ? [batch, outChannels] : [batch, outHeight, outWidth, outChannels];
  if (name === 'linear' || name === 'relu' || !activation) return { tensor: y, images, rectified: name === 'relu' };
  if (isElementwise(name)) return { tensor: activation.apply(y), images };
  return { tensor: activation.apply(fromLanes(y, images)), images: undefined };
}
