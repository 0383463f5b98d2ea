import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import {
  type LayerRunState,
  type OptimizerState,
  type PrunableKernel,
  prunableKernels,
  readOptimizerState,
  statefulLayers,
  writeOptimizerState,
} from '../ops/index.js';
import { checkState } from '../ops/optimizer-state.js';

/** Everything in a model that training changes. Weights, kernels and layers are known by their order: names change between processes. */
export interface ModelSnapshot {
  readonly weights: readonly StoredWeight[];
  readonly kernels: readonly Pick<PrunableKernel, 'masks' | 'treatment' | 'masksUsed'>[];
  /** null for a model that is not compiled. */
  readonly optimizer: OptimizerState | null;
  readonly layers: readonly LayerRunState[];
}

interface StoredWeight {
  /** Last part of the name: `kernel`, `bias`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Reads a model's state; copies everything. */
export function readSnapshot(model: tf.LayersModel): ModelSnapshot {
  for (const kernel of prunableKernels(model)) kernel.settle();
  return {
    weights: model.weights.map((weight) => {
      const dtype = weight.dtype as StoredWeight['dtype'];
      return { name: lastName(weight), shape: weight.shape as number[], dtype, values: typed(dtype, weight.read().dataSync()) };
    }),
    kernels: prunableKernels(model).map(({ masks, treatment, masksUsed }) => ({ masks, treatment, masksUsed })),
    optimizer: model.optimizer ? readOptimizerState(model.optimizer) : null,
    layers: statefulLayers(model).map((layer) => layer.runState()),
  };
}

/** Throws unless the snapshot is one of a model built and compiled like this one; changes nothing. `name` is for the message. */
export function checkSnapshot(name: string, model: tf.LayersModel, snapshot: ModelSnapshot): void {
  for (const kernel of prunableKernels(model)) kernel.settle();
  const same = (part: string, got: readonly unknown[], stored: readonly unknown[]) => {
    const at = Array.from({ length: Math.max(got.length, stored.length) }, (_, i) => i).find((i) => got[i] !== stored[i]);
    if (at === undefined) return;
    throw new SparsityError({
      what: `${name}: ${part} ${at} of the model`,
      got: got[at] ?? 'none',
      expected: `${stored[at] ?? 'none'} as in the checkpoint`,
      fix: 'build and compile the model as in the stored run, or use another directory',
    });
  };
  same(
    'weight',
    model.weights.map((weight) => `${lastName(weight)} [${weight.shape}]`),
    snapshot.weights.map((weight) => `${weight.name} [${weight.shape}]`),
  );
  same('prunable kernel', prunableKernels(model).map(present), snapshot.kernels.map(present));
  same('layer with a run state', statefulLayers(model).map(present), snapshot.layers.map(present));
  same('optimizer', [present(model.optimizer)], [present(snapshot.optimizer)]);
  if (snapshot.optimizer) checkState(model.optimizer, snapshot.optimizer, trained(model));
}

/** Puts a snapshot that {@link checkSnapshot} accepts into a model. */
export function writeSnapshot(model: tf.LayersModel, snapshot: ModelSnapshot): void {
  // Masks first: they zero weights, which then get their stored values.
  prunableKernels(model).forEach((kernel, i) => {
    const { masks, treatment, masksUsed } = snapshot.kernels[i] as ModelSnapshot['kernels'][number];
    kernel.repack(masks, treatment);
    kernel.masksUsed = masksUsed;
  });
  model.weights.forEach((weight, i) => {
    const { values, shape, dtype } = snapshot.weights[i] as StoredWeight;
    // Not `LayerVariable.write`, which would apply constraints. A copy, since the cpu backend keeps the array it is given.
    tf.tidy(() => (weight.read() as tf.Variable).assign(tf.tensor(values.slice(), [...shape], dtype)));
  });
  if (snapshot.optimizer) writeOptimizerState(model.optimizer, snapshot.optimizer, trained(model));
  statefulLayers(model).forEach((layer, i) => {
    layer.restoreRunState(snapshot.layers[i] as LayerRunState);
  });
}

function trained(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

function lastName(weight: tf.LayerVariable): string {
  return (weight.originalName.split('/').at(-1) as string).replace(/_\d+$/, '');
}

const present = (thing: unknown) => (thing ? 'present' : 'absent');

/** A copy in the array type of the dtype: cpu tensors that were cast keep the array of the old one. */
function typed(dtype: StoredWeight['dtype'], values: ArrayLike<number>): StoredWeight['values'] {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}
