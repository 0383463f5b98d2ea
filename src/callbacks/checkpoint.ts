import type * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { fileError, writeAtomically } from '../ops/atomic-write.js';
import { makeDirectory } from '../ops/make-directory.js';
import { nodeFs, nodePath } from '../ops/node-modules.js';
import { type CallbackOptions, type RunState, type RunStateData, SparsityCallback } from './base-callback.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-file.js';
import { checkSnapshot, type ModelSnapshot, readSnapshot, writeSnapshot } from './model-snapshot.js';
import type { RunPosition } from './seeded-batches.js';

/** Options of {@link checkpoint}. */
export interface CheckpointOptions extends CallbackOptions {
  /**
   * Steps from one checkpoint to the next, at least 1. There is always one at the end of an epoch and of training.
   * @default only those
   */
  readonly every?: number;
  /**
   * How many checkpoints stay, at least 1; older ones are deleted once a new one is complete.
   * @default 2
   */
  readonly keep?: number;
  /**
   * What else has a state to store, besides the callbacks of the same `fit`: the batches, a random generator.
   * @default []
   */
  readonly state?: readonly RunState[];
}

/** Options of {@link restoreCheckpoint}. */
export interface RestoreOptions {
  /**
   * The callbacks of the run to come, the checkpoint callback among them, and what else was stored with {@link CheckpointOptions.state}.
   * Others than this package's are left alone.
   */
  readonly state: readonly object[];
}

/** Where a restored run goes on. */
export interface RestoredPosition extends RunPosition {
  /** Optimizer steps done. */
  readonly step: number;
}

interface CheckpointContent {
  readonly position: RestoredPosition;
  readonly model: ModelSnapshot;
  readonly state: Readonly<Record<string, RunStateData>>;
}

class Checkpoint extends SparsityCallback {
  /** Behind all others, whose states it stores. */
  override readonly place = 100;
  /** The batch to come. */
  position: RunPosition = { epoch: 0, batchInEpoch: 0 };
  private readonly keep: number;
  private saved = 0;

  constructor(
    private readonly dir: string,
    private readonly options: CheckpointOptions,
  ) {
    super(options);
    checkOptionNames('checkpoint', options, { every: true, keep: true, state: true, model: true });
    this.keep = options.keep ?? 2;
    for (const [name, value] of Object.entries({ every: options.every ?? 1, keep: this.keep })) {
      if (Number.isInteger(value) && value >= 1) continue;
      const fix = `leave ${name} out for its default`;
      throw new SparsityError({ what: `checkpoint.${name}`, got: value, expected: 'an integer of at least 1', fix });
    }
  }

  override async onTrainBegin(): Promise<void> {
    this.saved = this.step;
    await assertWritable(this.dir);
    const last = (await list(this.dir)).at(-1);
    if (!last || last.step <= this.step) return;
    throw new SparsityError({
      what: `checkpoint directory ${this.dir}`,
      got: `a checkpoint after step ${last.step}`,
      expected: `none beyond step ${this.step}, where this run begins`,
      fix: 'resume with restoreCheckpoint and this callback in its `state`, or use another directory',
    });
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    if (epoch !== this.position.epoch) this.position = { epoch, batchInEpoch: 0 };
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    await super.onBatchEnd(batch, logs);
    this.position = { ...this.position, batchInEpoch: this.position.batchInEpoch + 1 };
    const { every } = this.options;
    // At the end of an epoch its last hook saves: other callbacks still have to do their part.
    if (every && this.step % every === 0 && this.position.batchInEpoch !== this.params.steps) await this.save();
  }

  override async onEpochEnd(epoch: number): Promise<void> {
    const { batchInEpoch } = this.position;
    const steps = this.params.steps as number | null | undefined;
    // After `model.stopTraining = true` this hook also runs in the middle of an epoch.
    const whole = steps ? batchInEpoch >= steps : !this.trainedModel().stopTraining;
    if (whole) this.position = { epoch: epoch + 1, batchInEpoch: 0 };
    await this.save();
  }

  override async onTrainEnd(): Promise<void> {
    if (this.saved !== this.step) await this.save();
  }

  private async save(): Promise<void> {
    const model = readSnapshot(this.trainedModel());
    // Weights that have blown up are nothing to resume from: the checkpoint before them stays.
    if (!model.weights.every(({ values }) => values.every(Number.isFinite))) return;
    const position: RestoredPosition = { step: this.step, ...this.position };
    const state: Record<string, RunStateData> = {};
    for (const [key, part] of states([...this.peers, ...(this.options.state ?? [])])) state[key] = await part.runState();
    const content: CheckpointContent = { position, model, state };
    const { join } = await nodePath();
    const path = join(this.dir, `checkpoint-${String(this.step).padStart(9, '0')}.bin`);
    await writeAtomically(path, encodeCheckpoint(content));
    this.saved = this.step;
    const fs = await nodeFs();
    for (const { name } of (await list(this.dir)).slice(0, -this.keep)) await fs.rm(join(this.dir, name));
  }
}

/** Makes a directory, or says why it cannot be used: better before the first epoch than after it. */
async function assertWritable(dir: string): Promise<void> {
  const fs = await nodeFs();
  try {
    await makeDirectory(dir);
    await fs.access(dir, fs.constants.R_OK | fs.constants.W_OK);
  } catch (cause) {
    throw fileError(`writing to ${dir}`, cause);
  }
}

/** The checkpoints of a directory, oldest first; none when there is no directory. */
async function list(dir: string): Promise<{ name: string; step: number }[]> {
  const names = await (await nodeFs()).readdir(dir).catch(() => []);
  const found = names.flatMap((name) => {
    const step = /^checkpoint-(\d+)\.bin$/.exec(name)?.[1];
    return step ? [{ name, step: Number(step) }] : [];
  });
  return found.sort((a, b) => a.step - b.step);
}

/** What has a run state among the given things, by key. */
function states(things: readonly object[]): Map<string, RunState> {
  const found = new Map<string, RunState>();
  for (const thing of things) {
    if (!('runState' in thing && 'restoreRunState' in thing && 'key' in thing)) continue;
    const part = thing as RunState;
    if ((found.get(part.key) ?? part) !== part) {
      const fix = 'give each its own key';
      throw new SparsityError({ what: 'run states', got: `two with the key ${part.key}`, expected: 'one per key', fix });
    }
    found.set(part.key, part);
  }
  return found;
}

/**
 * Stores the run in `dir/checkpoint-<step>.bin`, complete enough to go on bit for bit on the same backend: weights, masks, the
 * optimizer's state, run states of layers and callbacks, and the place in the data. Written to a temporary name with a checksum,
 * then renamed; the one before goes only when the new one is complete. Weights that are no longer finite are not stored. The data
 * must come from {@link seededBatches}, and dropout from `seededDropout`. Node only.
 *
 * @param dir directory of the checkpoints; made when missing.
 * @throws SparsityError for an option that does not exist, counts that are no integers of at least 1; from `fit`: unwritable
 * directory, full disk, a directory that holds a run further on than this one.
 * @example
 * ```ts
 * const batches = seededBatches({xs, ys, batchSize: 32, seed: 7});
 * const callbacks = [checkpoint('runs/lenet', {every: 100, state: [batches]})];
 * const start = await restoreCheckpoint('runs/lenet', model, {state: [...callbacks, batches]});
 * await model.fitDataset(batches.dataset(start), {epochs: 5, initialEpoch: start.epoch, callbacks});
 * ```
 */
export function checkpoint(dir: string, options: CheckpointOptions = {}): SparsityCallback {
  return new Checkpoint(dir, options);
}

/**
 * Puts the latest checkpoint of a directory into a compiled model of the same making and into the callbacks given, and says where the run
 * goes on: step, epoch and batch 0 when the directory holds none, so that a first run and a resumed one are the same program.
 *
 * Logs of an epoch that is resumed in its middle average over the rest of it.
 *
 * @throws SparsityError for a damaged file, another model or optimizer, a missing or mismatched callback; then nothing was changed.
 * @example
 * ```ts
 * const callbacks = [checkpoint('runs/new')];
 * const start = await restoreCheckpoint('runs/new', model, {state: callbacks}); // {step: 0, epoch: 0, batchInEpoch: 0}
 * ```
 */
export async function restoreCheckpoint(dir: string, model: tf.LayersModel, options: RestoreOptions): Promise<RestoredPosition> {
  const last = (await list(dir)).at(-1);
  if (!last) return { step: 0, epoch: 0, batchInEpoch: 0 };
  const path = (await nodePath()).join(dir, last.name);
  const content = decodeCheckpoint(path, await (await nodeFs()).readFile(path)) as CheckpointContent;
  const parts = states(options.state);
  for (const key of Object.keys(content.state)) {
    if (parts.has(key)) continue;
    const got = [...parts.keys()].join(', ') || 'nothing';
    const fix = 'pass the callbacks of the stored run as `state`';
    throw new SparsityError({ what: `${path}: run states given`, got, expected: `${key} among them`, fix });
  }
  checkSnapshot(path, model, content.model);
  const before = readSnapshot(model);
  const undo: (() => void)[] = [() => writeSnapshot(model, before)];
  try {
    writeSnapshot(model, content.model);
    for (const [key, state] of Object.entries(content.state)) {
      const part = parts.get(key) as RunState;
      const old = await part.runState();
      undo.push(() => part.restoreRunState(old));
      part.restoreRunState(state);
    }
  } catch (failure) {
    for (const step of undo) step();
    throw failure;
  }
  for (const callback of options.state) {
    if (callback instanceof SparsityCallback) callback.step = content.position.step;
    if (callback instanceof Checkpoint) callback.position = content.position;
  }
  return content.position;
}
