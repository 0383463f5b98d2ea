import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import type { NetworkOfOptions } from './network-of.js';

/** What a model is given for one look at it. */
export interface ModelInput {
  /** Images of the network. */
  readonly batch: number;
  /** Images that run, and images of the network for each of them. */
  readonly imagesRun: number;
  readonly imagesPerRun: number;
  /** The shapes, for messages. */
  readonly described: string;
  /** Tensors of these shapes. */
  zeros(): tf.Tensor[];
}

/** The shapes of a model's inputs, one image where it leaves the batch open. */
export function modelInput(model: tf.LayersModel, { batch, openSize }: NetworkOfOptions): ModelInput {
  positive('batch', batch);
  positive('openSize', openSize);
  if (!model.inputs?.length) {
    throw new SparsityError({
      what: `model ${model.name}`,
      got: 'a model that is not built',
      expected: 'known shapes of its inputs',
      fix: 'give the first layer an inputShape, or call model.build',
    });
  }
  const fixed = model.inputs[0]?.shape[0] ?? undefined;
  if (fixed !== undefined && batch !== undefined && batch !== fixed) {
    throw new SparsityError({
      what: `batch of model ${model.name}`,
      got: batch,
      expected: `${fixed}, which the model is built for`,
      fix: 'leave batch out, or build the model without batchInputShape',
    });
  }
  const imagesRun = fixed ?? 1;
  const shapes = model.inputs.map(({ name, shape }) =>
    shape.map((size, axis) => {
      if (size !== null) return size;
      if (axis === 0) return imagesRun;
      if (openSize !== undefined) return openSize;
      throw new SparsityError({
        what: `input ${name} of model ${model.name}`,
        got: `[${shape.map((each) => each ?? 'open')}]`,
        expected: 'known sizes besides the batch',
        fix: 'pass openSize, the size to model it at',
      });
    }),
  );
  return {
    batch: fixed ?? batch ?? 1,
    imagesRun,
    imagesPerRun: fixed === undefined ? (batch ?? 1) : 1,
    described: shapes.map((shape) => `[${shape}]`).join(', '),
    zeros: () => shapes.map((shape) => tf.zeros(shape)),
  };
}

function positive(option: 'batch' | 'openSize', got: number | undefined): void {
  if (got === undefined || (Number.isSafeInteger(got) && got > 0)) return;
  const fix = `leave ${option} out, or pass 1 or more`;
  throw new SparsityError({ what: `networkOf: ${option}`, got, expected: 'a positive integer', fix });
}
