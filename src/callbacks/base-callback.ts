import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { type AnyCallback, installFitAdapter } from './fit-adapter.js';

/** Metrics of a batch or an epoch by name. */
export type Logs = Record<string, number>;

/** A JSON value: what run states are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What run states are made of: JSON with typed arrays in it, which a checkpoint stores as they are. */
export type RunStateData =
  | Json
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint8Array
  | readonly RunStateData[]
  | { readonly [key: string]: RunStateData };

/**
 * A callback whose state belongs into a checkpoint. Model weights, masks and optimizer slots are not part of it: whoever restores
 * puts those back first, then calls `restoreRunState`, any time before the first batch.
 */
export interface RunState {
  /** Names the state inside a checkpoint; unique among the callbacks of a run. */
  readonly key: string;
  runState(): RunStateData | Promise<RunStateData>;
  restoreRunState(state: RunStateData): void;
}

/** Options that every callback of this package but `progress` takes. */
export interface CallbackOptions {
  /**
   * The model, when it cannot come from `fit`: custom training loops.
   * @default the model that is being fitted
   */
  readonly model?: tf.LayersModel;
}

const hooks = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'] as const;

/**
 * Base of this package's callbacks. Works at any place of a `callbacks` array, next to plain objects and tfjs callbacks. A subclass
 * overrides hooks and calls `super` in `onBatchEnd`, which counts the step.
 */
export abstract class SparsityCallback extends tf.Callback {
  /** Optimizer steps done, kept across resume; during `onBatchBegin` this is the index (from 0) of the step to come. */
  step = 0;
  /** When this callback's hooks run among those of one `fit`; equal places keep the order of the array, others count as 0. */
  readonly place: number = 0;
  /** All callbacks of the running `fit`, this one included, in the order in which they run. */
  peers: readonly AnyCallback[] = [];

  constructor(options: CallbackOptions = {}) {
    super();
    installFitAdapter((callback) => callback instanceof SparsityCallback);
    // Subclasses say what is wrong with options that are none.
    if (options?.model) this.model = options.model;
    // Own, bound properties also work where a hook is taken off its callback: `{onBatchEnd: callback.onBatchEnd}`.
    for (const hook of hooks) this[hook] = this[hook].bind(this) as never;
  }

  /** Counts the step. */
  override async onBatchEnd(_batch: number, _logs?: object): Promise<void> {
    this.step += 1;
  }

  /** Called once when `fit` has ended, after the last hook, also when training threw: `failure` is the error then. */
  async release(_failure?: unknown): Promise<void> {}

  /** The model being trained; throws when there is none yet. */
  protected trainedModel(): tf.LayersModel {
    if (this.model) return this.model;
    throw new SparsityError({
      what: `${this.constructor.name}.model`,
      got: this.model,
      expected: 'a LayersModel',
      fix: 'pass the callback to model.fit, or give the model as an option',
    });
  }
}

/**
 * Logs as numbers. Scalars are replaced in place and disposed, as tfjs's own callbacks do, so that each is read back only once.
 *
 * @example
 * ```ts
 * const logs = await resolveLogs({loss: tf.scalar(0.5), size: 32}); // {loss: 0.5, size: 32}
 * ```
 */
export async function resolveLogs(logs: object | undefined): Promise<Logs> {
  const resolved = (logs ?? {}) as Record<string, number | tf.Scalar>;
  for (const [name, value] of Object.entries(resolved)) {
    if (!(value instanceof tf.Tensor)) continue;
    resolved[name] = (await value.data())[0] as number;
    value.dispose();
  }
  return resolved as Logs;
}
