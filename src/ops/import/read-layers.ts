import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { type BitTensor, type LoopNest, type NetworkLayer, paddedMacs } from '../../hw/index.js';
import { layerNames } from '../model-layers.js';
import { packTensorBits } from '../pack-tensor-bits.js';
import { type FollowedUse, followKernels } from '../tap/follow-kernels.js';
import { kernelNames } from '../tap/kernel-names.js';
import { productNest } from '../tap/product-nest.js';
import { productUseOf } from '../tap/product-use.js';
import { runningLayer, watchLayers } from '../tap/running-layers.js';
import { type OpAttrs, observeTape, offTape, type TapeNode } from '../tap/tape.js';
import type { ModelInput } from './model-input.js';
import { traceZeros, type ZeroTrace } from './trace-zeros.js';
import { watchDropouts } from './watch-dropouts.js';

/** The layers of a model that multiply, in the order in which they do so while it predicts. */
export function readLayers(model: tf.LayersModel, input: ModelInput, withWeights: boolean): readonly NetworkLayer[] {
  const data = input.zeros();
  const trained = model.trainableWeights.map((weight) => weight.read().id);
  const trace = traceZeros(data, trained);
  const list = listLayers(trace, input);
  const names = layerNames(model);
  const nestOf = (op: string, node: TapeNode, attrs: OpAttrs) => {
    const product = productUseOf(op, node, attrs, runningLayer(names));
    if (product && product !== 'none') return product.nest;
    // Also of matrices that are broadcast, of which the tap cannot tell operands.
    return op.endsWith('MatMul') ? productNest(Object.values(node.inputs), attrs, input.imagesRun) : undefined;
  };
  const releases = [
    watchDropouts(model, trace.dropped),
    watchLayers(model),
    followKernels(kernelNames(model), (use) => list.addUse(use, withWeights)),
    observeTape((op, node, attrs) => {
      const factors = Object.values(node.inputs).slice(0, 2);
      const nest = factors.every((t) => trace.originOf(t).isData) ? nestOf(op, node, attrs) : undefined;
      if (nest) {
        const running = runningLayer(names);
        const name = (running && names.get(running.layer)) ?? model.name;
        list.addProduct(`${name}/product`, nest, factors, node.outputs[0] as tf.Tensor);
      }
      trace.observe(op, node);
    }),
  ];
  try {
    onTape(() => model.apply(data, { training: false }));
  } catch (cause) {
    throw new SparsityError({
      what: `model ${model.name}: forward pass`,
      got: cause instanceof Error ? cause.message : cause,
      expected: `layers that take ${input.described}`,
      fix: 'pass openSize where an axis is open, and see that model.predict runs',
    });
  } finally {
    for (const release of releases.reverse()) release();
    tf.dispose(data);
  }
  return list.layers();
}

/** Runs ops on a tape without a backward pass: tfjs looks for the gradient of something that nothing depends on. */
function onTape(body: () => void): void {
  let failure: { readonly cause: unknown } | undefined;
  const run = () => {
    try {
      body();
    } catch (cause) {
      failure = { cause }; // thrown later, when tfjs has freed the tape
    }
    return tf.scalar(0);
  };
  tf.tidy(() => {
    tf.engine().gradients(run, [tf.scalar(0)], undefined, true);
  });
  if (failure) throw failure.cause;
}

/** Notes layers down while the pass runs; what becomes of their outputs is known behind it. */
function listLayers(trace: ZeroTrace, { imagesPerRun }: ModelInput) {
  const found: (() => NetworkLayer)[] = [];
  const weights = new Map<string, BitTensor>();
  const products = new Map<string, number>();
  const add = (
    known: Pick<NetworkLayer, 'name' | 'kind' | 'use' | 'trained' | 'weights'>,
    ran: LoopNest,
    from: readonly tf.Tensor[],
    to: tf.Tensor,
  ): void => {
    const origins = from.map(trace.originOf);
    const fate = trace.follow(to);
    const nest = { ...ran, batch: ran.batch * imagesPerRun };
    found.push(() => ({
      ...known,
      nest,
      needsInputGradient: origins.some(({ isTrained }) => isTrained),
      input: { relu: origins[0]?.relu ?? false, dropout: origins[0]?.dropout ?? 0 },
      output: fate(),
      macs: paddedMacs(nest),
    }));
  };
  return {
    addUse(used: FollowedUse, withWeights: boolean) {
      const { layer: name, use, trained, op, node, nest, data } = used;
      if (withWeights && !weights.has(name)) offTape(() => weights.set(name, bitsOfKernel(used)));
      const kind = op.endsWith('MatMul') ? 'dense' : 'conv';
      const [from, to] = [node.inputs[data] as tf.Tensor, node.outputs[0] as tf.Tensor];
      add({ name, kind, use, ...(!trained && { trained }), weights: weights.get(name) }, nest, [from], to);
    },
    addProduct(name: string, nest: LoopNest, factors: readonly tf.Tensor[], to: tf.Tensor) {
      const use = products.get(name) ?? 0;
      products.set(name, use + 1);
      add({ name, kind: 'attention', use }, nest, factors, to);
    },
    layers: () => found.map((layer) => layer()),
  };
}

function bitsOfKernel({ nest, views, node, saved }: FollowedUse): BitTensor {
  const shape = [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels];
  return { shape, words: packTensorBits(views.W(node.saved[saved.W] as tf.Tensor)) };
}
