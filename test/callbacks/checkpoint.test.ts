import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { checkpoint, pruning, readRunLog, restoreCheckpoint, runLog, seededBatches } from 'tfjs-sparsity/callbacks';
import { maskedDense, prunableKernels, readOptimizerState, seededDropout, sparsify } from 'tfjs-sparsity/ops';
import { bdwp, gradualMagnitude, type PruningMethod } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/callbacks/checkpoint-file.js';
import { readSnapshot } from '../../src/callbacks/model-snapshot.js';
import { createRng } from '../../src/rng.js';
import { backend, isOn } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';
import { temporaryDirectory } from '../support/temporary.js';

/** Prunes half of each kernel at random, anew every third step. */
const randomPruning = (seed = 1): PruningMethod => ({
  name: 'random half',
  pruned: 'zero',
  slots: 'keep',
  decay: 0,
  config: { name: 'random half', seed },
  schedule: (step) => ({ sparsity: 0.5, update: step % 3 === 0 }),
  skip: () => undefined,
  updateMasks: (kernels, { rng }) =>
    kernels.map(({ weights }) => {
      const forward = Uint8Array.from(weights, () => (rng.uniform() < 0.5 ? 1 : 0));
      return { forward, backward: forward, gradient: null };
    }),
});

interface RunOptions {
  readonly dir: string;
  readonly optimizer: tf.Optimizer;
  readonly steps: number;
  readonly every?: number;
  readonly keep?: number;
  readonly units?: number;
  readonly pruningSeed?: number;
  readonly dataSeed?: number;
  /** Called after each step. */
  readonly onStep?: (step: number, model: tf.LayersModel) => void;
}

const batchesPerEpoch = 5;

/** One run to the given number of steps, or its rest when the directory holds a checkpoint. */
async function run(options: RunOptions): Promise<{ model: tf.LayersModel; step: number }> {
  const { dir, optimizer, steps, every, keep, units = 6, onStep } = options;
  const initializer = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential({
    layers: [
      maskedDense({ units, inputShape: [3], activation: 'tanh', kernelInitializer: initializer(1) }),
      tf.layers.batchNormalization(),
      seededDropout({ rate: 0.3, seed: 11 }),
      maskedDense({ units: 1, kernelInitializer: initializer(2) }),
    ],
  });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const data = createRng(5);
  const xs = { data: Float32Array.from({ length: 54 }, () => data.normal()), shape: [18, 3] };
  const ys = { data: Float32Array.from({ length: 18 }, () => data.normal()), shape: [18, 1] };
  const batches = seededBatches({ xs, ys, batchSize: 4, seed: options.dataSeed ?? 9 });
  const prune = pruning(randomPruning(options.pruningSeed));
  const callbacks = [
    checkpoint(dir, { ...(every ? { every } : {}), ...(keep ? { keep } : {}), state: [batches] }),
    runLog(dir),
    prune,
    new tf.CustomCallback({
      onBatchEnd: async () => {
        onStep?.(prune.step, model);
      },
    }),
  ];
  const start = await restoreCheckpoint(dir, model, { state: [...callbacks, batches] });
  const epochs = Math.ceil(steps / batchesPerEpoch);
  await model.fitDataset(batches.dataset(start), { epochs, initialEpoch: start.epoch, verbose: 0, callbacks });
  return { model, step: start.step };
}

/** Everything that two equal runs have equal. */
async function outcome({ model }: { model: tf.LayersModel }, dir: string) {
  const { weights, kernels, optimizer, layers } = readSnapshot(model);
  const losses = (await readRunLog(dir)).flatMap((line) =>
    line.type === 'step' ? [[line.step, line.epoch, line.logs.loss]] : [],
  );
  return { weights, kernels, optimizer, layers, losses };
}

// Long runs on one backend: what is stored is the same on all.
const steps = backend === 'wasm' ? 400 : 60;

describe.each(Object.entries(optimizers))('with %s', (name, create) => {
  it(`resumes at a random step and ends as the uninterrupted run does, bit for bit, over ${steps} steps`, async () => {
    const [straight, resumed] = [await temporaryDirectory(), await temporaryDirectory()];
    const at = 1 + createRng(name).integer(steps - 2);
    const first = await run({ dir: straight, optimizer: create(), steps, every: at, keep: 1000 });
    const file = `checkpoint-${String(at).padStart(9, '0')}.bin`;
    await copyFile(join(straight, file), join(resumed, file));
    await copyFile(join(straight, 'run.jsonl'), join(resumed, 'run.jsonl'));
    const second = await run({ dir: resumed, optimizer: create(), steps });
    expect(second.step).toBe(at);
    const expected = await outcome(first, straight);
    expect(expected.optimizer?.iterations).toBe(steps);
    expect(expected.losses.map(([step]) => step)).toEqual(Array.from({ length: steps }, (_, i) => i));
    expect(await outcome(second, resumed)).toEqual(expected);
  });
});

// Other backends have no other execution.
describe.runIf(isOn('wasm', 'sparse execution needs the kernels of wasm'))('sparse execution', () => {
  const steps = 30;
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
  /** A run under a method, or its rest; the weights, masks and slots at the end of it. */
  async function runInLanes(dir: string, method: PruningMethod, every?: number) {
    const dense = tf.sequential({
      layers: [
        tf.layers.conv2d({
          filters: 8,
          kernelSize: 3,
          padding: 'same',
          inputShape: [5, 5, 8],
          activation: 'relu',
          ...initializer(1),
        }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 40, activation: 'relu', ...initializer(2) }),
        tf.layers.dense({ units: 16, ...initializer(3) }),
      ],
    });
    const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
    const data = createRng(6);
    const values = (size: number) => Float32Array.from({ length: size }, () => data.normal());
    const xs = { data: values(18 * 200), shape: [18, 5, 5, 8] };
    const ys = { data: values(18 * 16), shape: [18, 16] };
    const batches = seededBatches({ xs, ys, batchSize: 4, seed: 9 });
    const callbacks = [checkpoint(dir, { ...(every ? { every } : {}), keep: 1000, state: [batches] }), pruning(method)];
    const start = await restoreCheckpoint(dir, model, { state: [...callbacks, batches] });
    const epochs = Math.ceil(steps / batchesPerEpoch);
    await model.fitDataset(batches.dataset(start), { epochs, initialEpoch: start.epoch, verbose: 0, callbacks });
    const snapshot = readSnapshot(model);
    for (const each of [dense, model]) each.dispose();
    return { snapshot, start: start.step };
  }

  const methods = {
    'masks that stay for some steps': gradualMagnitude({ finalSparsity: 0.9, endStep: 20, frequency: 5 }),
    'BDWP from the first step': bdwp({ n: 2, m: 8, decay: 0.05 }),
    'BDWP that begins later': bdwp({ n: 2, m: 8, decay: 0.05, beginStep: 7 }),
  };

  it.each(Object.entries(methods))('resumes at any step bit for bit: %s', async (name, method) => {
    const straight = await temporaryDirectory();
    const { snapshot } = await runInLanes(straight, method, 1);
    // Before masks, with the first ones, in front of a batch that is cut short, and one anywhere.
    for (const at of [1, 7, 8, 9, 1 + createRng(name).integer(steps - 2)]) {
      const resumed = await temporaryDirectory();
      const file = `checkpoint-${String(at).padStart(9, '0')}.bin`;
      await copyFile(join(straight, file), join(resumed, file));
      const rest = await runInLanes(resumed, method);
      expect(rest.start).toBe(at);
      expect(rest.snapshot).toEqual(snapshot);
    }
  });
});

it('resumes a run that was stopped in the middle of an epoch, and one that had an error', async () => {
  const [straight, stopped, failed] = [await temporaryDirectory(), await temporaryDirectory(), await temporaryDirectory()];
  const adam = () => tf.train.adam(0.01);
  const expected = await outcome(await run({ dir: straight, optimizer: adam(), steps: 20 }), straight);
  const stop = (step: number, model: tf.LayersModel) => {
    if (step === 7) model.stopTraining = true;
  };
  await run({ dir: stopped, optimizer: adam(), steps: 20, onStep: stop });
  const rest = await run({ dir: stopped, optimizer: adam(), steps: 20 });
  expect(rest.step).toBe(7);
  expect(await outcome(rest, stopped)).toEqual(expected);
  const fail = (step: number) => {
    if (step === 13) throw new Error('power cut');
  };
  await expect(run({ dir: failed, optimizer: adam(), steps: 20, every: 3, onStep: fail })).rejects.toThrow('power cut');
  const again = await run({ dir: failed, optimizer: adam(), steps: 20 });
  expect(again.step).toBe(12);
  expect(await outcome(again, failed)).toEqual(expected);
});

it('does nothing more when a finished run is resumed', async () => {
  const dir = await temporaryDirectory();
  const first = await run({ dir, optimizer: tf.train.sgd(0.1), steps: 10 });
  const second = await run({ dir, optimizer: tf.train.sgd(0.1), steps: 10 });
  expect(second.step).toBe(10);
  expect(readSnapshot(second.model)).toEqual(readSnapshot(first.model));
});

it('keeps as many checkpoints as it is told, and the last good one when weights blow up', async () => {
  const dir = await temporaryDirectory();
  await run({ dir, optimizer: tf.train.sgd(0.1), steps: 10, every: 2, keep: 3 });
  const names = async (of: string) => (await readdir(of)).filter((name) => name.startsWith('checkpoint'));
  expect((await names(dir)).sort()).toEqual(['checkpoint-000000006.bin', 'checkpoint-000000008.bin', 'checkpoint-000000010.bin']);
  const bad = await temporaryDirectory();
  const explode = (step: number, model: tf.LayersModel) => {
    if (step === 5) tf.tidy(() => void model.weights[1]?.write(tf.fill([6], Number.NaN)));
  };
  await expect(run({ dir: bad, optimizer: tf.train.sgd(0.1), steps: 10, every: 2, onStep: explode })).rejects.toThrow();
  expect((await names(bad)).sort().at(-1)).toBe('checkpoint-000000004.bin');
});

it('leaves no tensors while it stores', async () => {
  const dir = await temporaryDirectory();
  const { model } = await run({ dir, optimizer: tf.train.adam(0.01), steps: 5 });
  const callback = checkpoint(dir, { every: 1, model });
  callback.step = 5;
  const xs = tf.ones([4, 3]);
  const ys = tf.ones([4, 1]);
  await expectNoLeak(async () => {
    await model.fit(xs, ys, { epochs: 2, batchSize: 2, verbose: 0, callbacks: [callback] });
    await restoreCheckpoint(dir, model, { state: [callback] });
  });
});

describe('what cannot be restored is refused, and changes nothing', () => {
  const stored = async () => {
    const dir = await temporaryDirectory();
    await run({ dir, optimizer: tf.train.adam(0.01), steps: 5 });
    return { dir, file: join(dir, 'checkpoint-000000005.bin') };
  };
  const resume = (dir: string, options: Partial<RunOptions> = {}) =>
    run({ dir, optimizer: tf.train.adam(0.01), steps: 10, ...options });

  it('a truncated file, a damaged one, another kind of file', async () => {
    const { dir, file } = await stored();
    const bytes = await readFile(file);
    for (const at of [4, 20, bytes.length - 5]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 1;
      await writeFile(file, damaged);
      await expect(resume(dir)).rejects.toThrow(at === 4 ? `${file}: got format version 0` : 'with a wrong checksum');
    }
    await writeFile(file, bytes);
    for (const length of [0, 10, 17, bytes.length - 1]) {
      await truncate(file, length);
      await expect(resume(dir)).rejects.toThrow(file);
      await writeFile(file, bytes);
    }
    await writeFile(file, 'not a checkpoint at all');
    await expect(resume(dir)).rejects.toThrow(`${file}: got another kind of file`);
  });

  it('another model, optimizer, pruning or order of the data', async () => {
    const { dir } = await stored();
    await expect(resume(dir, { units: 7 })).rejects.toThrow('weight 0 of the model: got kernel [3,7], expected kernel [3,6]');
    await expect(resume(dir, { optimizer: tf.train.sgd(0.1) })).rejects.toThrow('optimizer: got SGD, expected Adam');
    await expect(resume(dir, { pruningSeed: 2 })).rejects.toThrow('pruning of the resumed run');
    await expect(resume(dir, { dataSeed: 2 })).rejects.toThrow('seededBatches: got {"seed":2');
  });

  it('a callback too few; and the model is as it was', async () => {
    const { dir, file } = await stored();
    const other = await run({ dir: await temporaryDirectory(), optimizer: tf.train.adam(0.01), steps: 15 });
    const before = readSnapshot(other.model);
    await expect(restoreCheckpoint(dir, other.model, { state: [] })).rejects.toThrow(
      `${file}: run states given: got nothing, expected pruning among them`,
    );
    const spoiled = pruning(randomPruning(3));
    const batches = { key: 'batches', runState: () => null, restoreRunState: () => undefined };
    await expect(restoreCheckpoint(dir, other.model, { state: [spoiled, batches] })).rejects.toThrow(
      'pruning of the resumed run',
    );
    expect(readSnapshot(other.model)).toEqual(before);
  });

  it('a new run in the directory of a run that is further on', async () => {
    const { dir } = await stored();
    const { model } = await run({ dir: await temporaryDirectory(), optimizer: tf.train.adam(0.01), steps: 5 });
    const fit = model.fit(tf.ones([4, 3]), tf.ones([4, 1]), { verbose: 0, callbacks: [checkpoint(dir)] });
    await expect(fit).rejects.toThrow('got a checkpoint after step 5, expected none beyond step 0');
  });
});

it('restores masks and slots of a fresh model exactly', async () => {
  const dir = await temporaryDirectory();
  const { model } = await run({ dir, optimizer: tf.train.adam(0.01), steps: 5 });
  const other = await run({ dir, optimizer: tf.train.adam(0.01), steps: 5 });
  expect(prunableKernels(other.model).map(({ masks }) => masks)).toEqual(prunableKernels(model).map(({ masks }) => masks));
  expect(prunableKernels(model)[0]?.masks.forward).toContain(0);
  expect(readOptimizerState(other.model.optimizer)).toEqual(readOptimizerState(model.optimizer));
});

it('says what stands in the way of writing, and leaves the checkpoint before it', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'file'), '');
  const { model } = await run({ dir: join(dir, 'run'), optimizer: tf.train.sgd(0.1), steps: 5 });
  const seen: number[] = [];
  const counts = new tf.CustomCallback({ onBatchEnd: async (batch) => void seen.push(batch) });
  const callbacks = [checkpoint(join(dir, 'file', 'run')), counts];
  const training = model.fit(tf.ones([4, 3]), tf.ones([4, 1]), { verbose: 0, callbacks });
  await expect(training).rejects.toThrow('got a file where a directory should be');
  expect(seen).toEqual([]);
  if (!existsSync('/dev/full')) return console.log('full disk: skipped, this system has no /dev/full');
  const full = join(dir, 'full');
  await mkdir(full);
  await symlink('/dev/full', join(full, 'checkpoint-000000010.bin.tmp'));
  await expect(run({ dir: full, optimizer: tf.train.sgd(0.1), steps: 10 })).rejects.toThrow('no space left on the disk');
  expect((await readdir(full)).sort()).toEqual(['checkpoint-000000005.bin', 'run.jsonl']);
});

it.each([{ every: 0 }, { every: 1.5 }, { keep: 0 }])('refuses %j', (options) => {
  expect(() => checkpoint('anywhere', options)).toThrow('expected an integer of at least 1');
});

it('refuses an option that does not exist', () => {
  expect(() => checkpoint('anywhere', { evry: 7 } as never)).toThrow('option of checkpoint: got evry');
});

describe('the file', () => {
  const tree = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, 'text', -1.5),
      fc.float32Array(),
      fc.int32Array(),
      fc.uint8Array(),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 5 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;

  it('gives back any tree of plain data and arrays', () => {
    fc.assert(
      fc.property(tree, (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        expect(decodeCheckpoint('file', encodeCheckpoint({ value }))).toEqual({ value });
      }),
    );
  });

  it('is refused when any one bit is another', () => {
    const bytes = encodeCheckpoint({ a: Float32Array.of(1, 2, 3), b: 'text' });
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        // The length of the JSON is not under the checksum itself, but must agree with what is.
        fc.pre(bit < 96 || bit >= 128);
        const damaged = bytes.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(() => decodeCheckpoint('file', damaged)).toThrow('expected an intact checkpoint');
      }),
    );
  });
});
