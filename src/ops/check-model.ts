import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';

/** Refuses what is not a layers model: a promise of one, a graph model, nothing. */
export function checkModel(model: unknown): void {
  if (model instanceof tf.LayersModel) return;
  throw new SparsityError({
    what: 'model',
    got: Object(model) === model ? ((model as object).constructor?.name ?? 'an object') : model,
    expected: 'a layers model',
    fix: 'pass a tf.sequential, a tf.model or what tf.loadLayersModel gave, awaited; a graph model cannot be trained',
  });
}
