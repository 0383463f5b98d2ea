import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  checkpoint,
  type MaskUpdate,
  maskStatistics,
  pruning,
  readRunLog,
  restoreCheckpoint,
  runLog,
  seededBatches,
} from 'tfjs-sparsity/callbacks';
import { prunableKernels, sparsify, sparsifyReport } from 'tfjs-sparsity/ops';
import {
  acdc,
  bdwp,
  explorationRate,
  gradualMagnitude,
  isNm,
  type Mask,
  maskChurn,
  maskOverlap,
  type PruningMethod,
  rigl,
  sparseEvolution,
  sparsityOf,
  srSte,
  uniteMasks,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../src/callbacks/model-snapshot.js';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';
import { randomMethod, tinyData, tinyModel } from './tiny-run.js';

async function train(model: tf.LayersModel, callbacks: readonly object[], epochs = 2) {
  const { xs, ys } = tinyData();
  const args = { epochs, batchSize: 4, shuffle: false, verbose: 0 } as const;
  const { history } = await model.fit(xs, ys, { ...args, callbacks: callbacks as tf.Callback[] });
  tf.dispose([xs, ys]);
  return history as Record<string, number[]>;
}

const updatesOf = async (dir: string) =>
  (await readRunLog(dir)).flatMap((line) => {
    if (line.type !== 'masks') return [];
    const { type: _, ...update } = line;
    return [update as MaskUpdate];
  });

/** Keeps of each kernel the weights whose number has the bit that the step names. */
const scripted = (masksAt: Readonly<Record<number, readonly number[]>>): PruningMethod =>
  randomMethod({
    name: 'scripted',
    schedule: (step) => ({ sparsity: 0.5, update: step in masksAt }),
    skip: ({ name }) => (name === 'head' ? undefined : 'not this one'),
    updateMasks: (kernels, { step }) =>
      kernels.map(({ weights }) => {
        const forward = Uint8Array.from(weights, (_, i) => masksAt[step]?.[i % 4] as number);
        return { forward, backward: forward, gradient: forward };
      }),
  }).method;

describe('maskStatistics()', () => {
  it('says what became of scripted masks, by hand', async () => {
    const dir = await temporaryDirectory();
    const method = scripted({ 0: [1, 1, 0, 0], 2: [1, 0, 1, 0], 3: [1, 0, 1, 0], 6: [1, 0, 0, 0] });
    await expectNoLeak(async () => {
      const model = tinyModel();
      const history = await train(model, [runLog(dir), maskStatistics({ groupSize: 4 }), pruning(method)]);
      // Epochs are of four steps.
      expect(history.mask_churn).toEqual([0.25, 0.25]);
      expect(history.mask_iou?.map((iou) => iou.toFixed(12))).toEqual(['0.666666666667', '0.500000000000']);
      expect(history.itop).toEqual([0.75, 0.75]);
      model.optimizer.dispose();
      model.dispose();
    });
    const rates = (sparsity: number, churn: number, iou: number, itop: number) => ({ sparsity, churn, iou, itop });
    expect(await updatesOf(dir)).toEqual(
      [
        { step: 0, all: rates(0.5, 0, 1, 0.5) },
        { step: 2, all: rates(0.5, 0.5, 1 / 3, 0.75) },
        { step: 3, all: rates(0.5, 0, 1, 0.75) },
        { step: 6, all: rates(0.75, 0.25, 0.5, 0.75) },
      ].map(({ step, all }) => ({ step, all, layers: [{ layer: 'head', weights: 24, ...all }] })),
    );
    const log = await readRunLog(dir);
    expect(log.map(({ type }) => type).slice(0, 6)).toEqual(['run', 'masks', 'step', 'step', 'masks', 'step']);
    // A kernel [8, 3] whose weights 0, 4 ... 20 stay: by columns rows 0, 4; 3, 7; 2, 6, in groups of four one each.
    const cells = Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? 'ff' : '00')).join('');
    const map = { layer: 'head', mask: 'forward', shape: [8, 3], rows: 8, columns: 3, cells, occupancy: [0, 6, 0, 0, 0] };
    expect(log.at(-2)).toEqual({ type: 'maskMaps', step: 8, layers: [map] });
  });

  it.each([
    ['random masks', randomMethod({ backward: true }).method],
    ['SET', sparseEvolution({ sparsity: 0.6, frequency: 2, endStep: 12, anneal: 'constant' })],
    ['RigL', rigl({ sparsity: 0.6, frequency: 3, endStep: 12 })],
    ['AC/DC', acdc({ sparsity: 0.5, beginStep: 2, endStep: 8, sparseSteps: 2, denseSteps: 2 })],
    ['BDWP', bdwp({ n: 1, m: 4, decay: 0 })],
    ['SR-STE', srSte({ n: 1, m: 4 })],
    ['gradual', gradualMagnitude({ finalSparsity: 0.8, endStep: 8, frequency: 2 })],
  ])('agrees with the functions over the masks that somebody else has seen: %s', async (_, method) => {
    const dir = await temporaryDirectory();
    const model = tinyModel();
    const prune = pruning(method);
    const seen: { step: number; masks: Map<string, Mask> }[] = [];
    const look = (step: number) => {
      const masks = prunableKernels(model).flatMap(({ info, masks: { forward } }) =>
        prune.skips.some(({ layer }) => layer === info.name) ? [] : [[info.name, forward?.slice() ?? null] as const],
      );
      if (step === 0 || method.schedule(step).update) seen.push({ step, masks: new Map(masks) });
    };
    const watch = {
      onBatchBegin: async () => void (prune.step === 0 && look(0)),
      onBatchEnd: async () => look(prune.step),
    };
    const statistics = maskStatistics();
    await train(model, [prune, statistics, runLog(dir), watch], 3);
    const differing = prunableKernels(model).filter(({ masks: { forward, backward } }) => maskChurn(forward, backward) > 0);
    expect(statistics.maps().filter(({ mask }) => mask === 'backward')).toHaveLength(differing.length);
    const updates = await updatesOf(dir);
    expect(updates.map(({ step }) => step)).toEqual(seen.map(({ step }) => step));
    const active = new Map<string, Mask>();
    updates.forEach(({ layers }, k) => {
      const { masks } = seen[k];
      expect(layers.map(({ layer }) => layer)).toEqual([...masks.keys()]);
      for (const { layer, sparsity, churn, iou, itop } of layers) {
        const [mask, before] = [masks.get(layer) as Mask, seen[Math.max(0, k - 1)].masks.get(layer) as Mask];
        active.set(layer, uniteMasks(active.has(layer) ? (active.get(layer) as Mask) : mask, mask));
        expect([churn, iou]).toEqual([maskChurn(before, mask), maskOverlap(before, mask)]);
        expect(sparsity).toBeCloseTo(sparsityOf(mask), 12);
        expect(itop).toBeCloseTo(explorationRate(active.get(layer) as Mask), 12);
      }
    });
    model.dispose();
  });

  it('follows the mask of the input gradient where the forward pass uses all weights', async () => {
    const model = tinyModel();
    const statistics = maskStatistics({ groupSize: 4 });
    const { method } = randomMethod({
      pruned: 'dense-master',
      slots: 'keep',
      updateMasks: (kernels) =>
        kernels.map(({ weights }) => {
          return { forward: null, backward: Uint8Array.from(weights, (_, i) => i % 2), gradient: null };
        }),
    });
    const history = await train(model, [pruning(method), statistics]);
    expect([history.itop, history.mask_churn]).toEqual([
      [0.5, 0.5],
      [0, 0],
    ]);
    const maps = statistics.maps().filter(({ layer }) => layer === 'hidden');
    expect(maps.map(({ mask, occupancy }) => [mask, occupancy])).toEqual([
      ['forward', [0, 0, 0, 0, 128]],
      ['backward', [0, 0, 128, 0, 0]],
    ]);
    model.dispose();
  });

  it('starts the means of an epoch anew in another fit, and asks the schedule with the steps of the pruning', async () => {
    const model = tinyModel();
    // Of four steps each: the first has an update at 3, the second at 5 and 6, of which one changes nothing, the third there and back.
    const masksAt = { 0: [1, 1, 0, 0], 3: [1, 0, 0, 0], 5: [1, 1, 0, 0], 6: [1, 1, 0, 0], 9: [0, 1, 0, 0], 10: [1, 1, 0, 0] };
    const prune = pruning(scripted(masksAt));
    const statistics = maskStatistics();
    const churn = async (callbacks: readonly object[]) => (await train(model, callbacks, 1)).mask_churn;
    expect(await churn([prune, statistics])).toEqual([0.25]);
    expect(await churn([prune, statistics])).toEqual([0.125]);
    expect(await churn([prune, maskStatistics()])).toEqual([0.25]);
    model.dispose();
  });

  it('looks every so many steps at the most', async () => {
    const dir = await temporaryDirectory();
    const model = tinyModel();
    const method = randomMethod({ schedule: () => ({ sparsity: 0.5, update: true }) }).method;
    await train(model, [pruning(method), maskStatistics({ every: 3 }), runLog(dir)]);
    expect((await updatesOf(dir)).map(({ step }) => step)).toEqual([0, 3, 6]);
    model.dispose();
  });

  it('refuses steps and groups that are none, a run without pruning, and layers that it has not followed', async () => {
    expect(() => maskStatistics({ evry: 7 } as never)).toThrow('option of maskStatistics: got evry');
    expect(() => maskStatistics({ every: 0 })).toThrow('maskStatistics.every: got 0, expected an integer of at least 1');
    expect(() => maskStatistics({ groupSize: 1.5 })).toThrow('maskStatistics.groupSize: got 1.5');
    const model = tinyModel();
    const statistics = maskStatistics();
    await expect(train(model, [statistics])).rejects.toThrow('callbacks beside maskStatistics(): got no pruning()');
    await train(model, [statistics, pruning(scripted({ 0: [1, 1, 0, 0] }))]);
    const other = train(model, [statistics, pruning(randomMethod().method)]);
    await expect(other).rejects.toThrow('maskStatistics() follows: got 72, 512, 24, expected as before, 24');
    expect(() => maskStatistics({ every: 2 }).restoreRunState(statistics.runState())).toThrow(
      'maskStatistics of the resumed run',
    );
    model.dispose();
  });
});

describe('a resumed run', () => {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
  const options = { padding: 'same', activation: 'relu', kernelSize: 3 } as const;
  const steps = 15;

  /** A run to its end, or its rest from a checkpoint. */
  async function run(dir: string, method: PruningMethod, execution: 'dense' | 'sparse', watched: boolean, every?: number) {
    const dense = tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'conv', filters: 8, inputShape: [4, 4, 8], ...options, ...initializer(1) }),
        tf.layers.flatten(),
        tf.layers.dense({ name: 'hidden', units: 24, activation: 'relu', ...initializer(2) }),
        tf.layers.dense({ name: 'head', units: 16, ...initializer(3) }),
      ],
    });
    const model = sparsify(dense, { execution, breakEven: 0 });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
    const data = createRng(6);
    const values = (size: number) => Float32Array.from({ length: size }, () => data.normal());
    const xs = { data: values(18 * 128), shape: [18, 4, 4, 8] };
    const ys = { data: values(18 * 16), shape: [18, 16] };
    const batches = seededBatches({ xs, ys, batchSize: 4, seed: 9 });
    const statistics = maskStatistics({ every: 3 });
    const callbacks = [
      checkpoint(dir, { ...(every ? { every } : {}), keep: 1000, state: [batches] }),
      pruning(method),
      runLog(dir),
      ...(watched ? [statistics] : []),
    ];
    const start = await restoreCheckpoint(dir, model, { state: [...callbacks, batches] });
    await model.fitDataset(batches.dataset(start), {
      epochs: steps / 5,
      initialEpoch: start.epoch,
      verbose: 0,
      callbacks,
    });
    const layers = sparsifyReport(model).regions.flatMap((region) => region.execution);
    const inLanes = layers.length > 0 && layers.every((layer) => layer.inLanes);
    const snapshot = readSnapshot(model);
    const maps = watched ? statistics.maps() : [];
    for (const each of [dense, model]) each.dispose();
    return { snapshot, maps, inLanes, start: start.step };
  }

  const methods: [string, PruningMethod][] = [
    ['SET', sparseEvolution({ sparsity: 0.8, frequency: 4, endStep: 100, anneal: 'constant' })],
    ['BDWP', bdwp({ n: 2, m: 8, decay: 0.05 })],
    ['gradual', gradualMagnitude({ finalSparsity: 0.9, endStep: 15, frequency: 5 })],
  ];
  const executions = ['dense', ...(process.env.TFJS_BACKEND === 'wasm' ? (['sparse'] as const) : [])] as const;
  const cases = methods.flatMap(([name, method]) => executions.map((execution) => ({ name, method, execution })));

  it.each(cases)(
    '$name, $execution: has the statistics of an uninterrupted one, which change no bit of what is trained',
    async ({ method, execution }) => {
      const [straight, unwatched] = [await temporaryDirectory(), await temporaryDirectory()];
      const whole = await run(straight, method, execution, true, 1);
      const plain = await run(unwatched, method, execution, false);
      expect(whole.snapshot).toEqual(plain.snapshot);
      expect([whole.inLanes, plain.inLanes]).toEqual(execution === 'sparse' ? [true, true] : [false, false]);
      const lines = async (dir: string) =>
        (await readRunLog(dir)).filter(({ type }) => type === 'masks' || type === 'epoch' || type === 'maskMaps');
      for (const at of [4, 11]) {
        const resumed = await temporaryDirectory();
        const file = `checkpoint-${String(at).padStart(9, '0')}.bin`;
        for (const name of [file, 'run.jsonl']) await copyFile(join(straight, name), join(resumed, name));
        const rest = await run(resumed, method, execution, true);
        expect(rest.start).toBe(at);
        // Losses of an epoch that is resumed in its middle are those of its rest.
        const strip = (all: Awaited<ReturnType<typeof lines>>) =>
          all.map((line) => (line.type === 'epoch' ? { ...line, logs: { ...line.logs, loss: 0 } } : line));
        expect(strip(await lines(resumed))).toEqual(strip(await lines(straight)));
        expect(rest.maps).toEqual(whole.maps);
      }
    },
  );

  it('shows both masks of BDWP, N:M each along its own axis', async () => {
    const { maps, snapshot } = await run(await temporaryDirectory(), methods[1][1], 'dense', true);
    expect(maps.map(({ layer, mask }) => `${layer} ${mask}`).length).toBe(6);
    expect(maps.map(({ mask }) => mask)).toEqual(['forward', 'backward', 'forward', 'backward', 'forward', 'backward']);
    for (const { occupancy } of maps)
      expect(occupancy.map((groups) => groups > 0)).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0].map(Boolean));
    const { forward } = snapshot.kernels[2].masks;
    const info = { name: 'head', kind: 'dense', shape: [24, 16], inputAxis: 0, outputAxis: 1 } as const;
    expect(isNm(forward as Uint8Array, info, { n: 2, m: 8 })).toBe(true);
  });
});
