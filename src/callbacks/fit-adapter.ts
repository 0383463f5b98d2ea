import * as tf from '@tensorflow/tfjs';
import type { SparsityCallback } from './base-callback.js';
import { finiteGuard } from './finite-guard.js';

/** Whatever tfjs accepts as one callback. */
export type AnyCallback = tf.Callback | tf.CustomCallbackArgs;

interface FitArgs {
  callbacks?: unknown;
  yieldEvery?: number | 'auto' | 'batch' | 'epoch' | 'never';
}

let installed = false;

/**
 * Teaches `fit` and `fitDataset` four things, for calls that name at least one callback of this package; other calls pass untouched.
 *
 * Mixed arrays: tfjs looks at the first callback only, and takes the others for the same kind (a plain object behind a class callback
 * fails, a class callback behind a plain object loses `this`). Here every plain object is wrapped by itself, so that any order works;
 * and the event loop gets its turn as `yieldEvery` says, which tfjs forgets when all callbacks are classes.
 *
 * Order: what changes weights runs before what looks at them, whatever the array says (`SparsityCallback.place`).
 *
 * A stop at the first number that is not finite, see {@link finiteGuard}.
 *
 * An end in every case: `release` is called when `fit` returns or throws, since tfjs skips `onTrainEnd` after an error.
 */
export function installFitAdapter(isOurs: (callback: unknown) => callback is SparsityCallback): void {
  if (installed) return;
  installed = true;
  const prototype = tf.LayersModel.prototype;
  const { fit, fitDataset } = prototype;
  prototype.fit = function (this: tf.LayersModel, x, y, args) {
    return adapted(this, args ?? {}, isOurs, (better) => fit.call(this, x, y, better));
  };
  prototype.fitDataset = function <T>(
    this: tf.LayersModel,
    dataset: Parameters<typeof fitDataset>[0],
    args: tf.ModelFitDatasetArgs<T>,
  ) {
    return adapted(this, args, isOurs, (better) => fitDataset.call(this, dataset, better)) as Promise<tf.History>;
  };
}

async function adapted<Args extends FitArgs, Result>(
  model: tf.LayersModel,
  args: Args,
  isOurs: (callback: unknown) => callback is SparsityCallback,
  train: (args: Args) => Promise<Result>,
): Promise<Result> {
  const named = (Array.isArray(args.callbacks) ? args.callbacks : [args.callbacks]) as AnyCallback[];
  const ours = named.filter(isOurs);
  if (ours.length === 0) return train(args);
  const place = (callback: AnyCallback) => (isOurs(callback) ? callback.place : 0);
  const given = [...named].sort((a, b) => place(a) - place(b));
  const callbacks = given.map((callback) => (isCallback(callback) ? callback : new tf.CustomCallback(callback, args.yieldEvery)));
  if (!callbacks.some((callback) => callback instanceof tf.CustomCallback))
    callbacks.push(new tf.CustomCallback({}, args.yieldEvery));
  const guard = finiteGuard(model, () => Math.max(...ours.map(({ step }) => step)));
  callbacks.unshift(new tf.CustomCallback(guard, 'never'));
  for (const callback of ours) callback.peers = given;
  try {
    const result = await train({ ...args, callbacks });
    for (const callback of ours) await callback.release();
    return result;
  } catch (failure) {
    // The first error is the one to report: a second one while cleaning up would only hide it.
    for (const callback of ours) await callback.release(failure).catch(() => undefined);
    throw failure;
  }
}

function isCallback(callback: AnyCallback): callback is tf.Callback {
  return 'setParams' in callback && typeof callback.setParams === 'function' && 'setModel' in callback;
}
