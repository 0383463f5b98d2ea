import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build, type Plugin, type Rolldown } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';

// An app outside of the package bundles the built package for a browser, as a user would.
const root = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
const app = mkdtempSync(join(tmpdir(), 'browser-'));
afterAll(() => rmSync(app, { recursive: true }));

const main = `
import * as tf from '@tensorflow/tfjs';
import { sparseFile, sparsify, useBackend } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { acf } from 'tfjs-sparsity/hw';
import { hardwareCost, maskStatistics, progress, pruning } from 'tfjs-sparsity/callbacks';
import { htmlFigures, maskCharts } from 'tfjs-sparsity/report';

globalThis.train = async (workers) => {
  await useBackend('cpu', {log: () => {}});
  const dense = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [4], kernelInitializer: 'ones'})]});
  const model = sparsify(dense);
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const cost = hardwareCost({accelerators: [acf()], workers});
  const statistics = maskStatistics();
  const callbacks = [pruning(gradualMagnitude({finalSparsity: 0.5, endStep: 4})), statistics, cost, progress({verbose: false})];
  await model.fit(tf.ones([8, 4]), tf.ones([8, 2]), {epochs: 2, batchSize: 2, verbose: 0, callbacks});
  const report = await cost.report();
  const figures = htmlFigures(maskCharts([{type: 'maskMaps', step: 8, layers: statistics.maps()}]));
  return JSON.stringify({workers: report.queue.workers, series: report.series, figures});
};

globalThis.reload = async () => {
  await useBackend('cpu', {log: () => {}});
  const kernelInitializer = tf.initializers.identity({gain: 0.1});
  const model = sparsify(tf.sequential({layers: [tf.layers.dense({units: 64, inputShape: [64], kernelInitializer})]}));
  const files = [];
  for (const values of ['float32', 'float16']) await model.save(sparseFile((bytes) => void files.push(bytes), {values}));
  const loaded = await tf.loadLayersModel(sparseFile(files[0]));
  const [before, after] = [model, loaded].map((each) => [...each.getWeights()[0].dataSync()]);
  return JSON.stringify({before, after, bytes: files.map((file) => file.length)});
};
`;

const page = 'http://localhost/assets/main.js';
const imports: [from: string, to: string][] = [];
const watch: Plugin = {
  name: 'watch-imports',
  enforce: 'pre',
  resolveId(to, from) {
    if (from !== undefined) imports.push([from, to]);
  },
};
let code: string;
let workers: readonly { readonly fileName: string; readonly source: string | Uint8Array }[];

beforeAll(async () => {
  expect(existsSync(join(root, 'dist/callbacks/hardware-worker.js')), 'dist is built: npm run build').toBe(true);
  mkdirSync(join(app, 'node_modules/@tensorflow'), { recursive: true });
  symlinkSync(root, join(app, 'node_modules/tfjs-sparsity'));
  symlinkSync(join(root, 'node_modules/@tensorflow/tfjs'), join(app, 'node_modules/@tensorflow/tfjs'));
  writeFileSync(join(app, 'main.js'), main);
  const built = await build({
    root: app,
    configFile: false,
    logLevel: 'silent',
    plugins: [watch],
    worker: { plugins: () => [watch] },
    // One classic script, so that it runs below where there is no module loader, and hence no import.meta.
    define: { 'import.meta.url': JSON.stringify(page) },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: join(app, 'main.js'), output: { format: 'iife', codeSplitting: false } },
    },
  });
  const { output } = built as Rolldown.RolldownOutput;
  code = output[0].code;
  workers = output.filter((part) => part.type === 'asset');
}, 60_000);

/** What both a page and a worker have, and nothing of node's: above all no `process`. */
const browser = { performance, setTimeout, clearTimeout, console, atob, TextEncoder, TextDecoder, URL, Blob };

/** A web worker, as far as hardwareCost needs one. */
class Worker {
  onmessage?: (event: { data: unknown }) => void;
  private readonly scope;

  constructor(url: URL) {
    const script = workers.find(({ fileName }) => String(url).endsWith(fileName));
    if (!script) throw new Error(`${url} was not bundled`);
    const postMessage = (data: unknown) => queueMicrotask(() => this.onmessage?.({ data }));
    this.scope = createContext({ ...browser, postMessage, onmessage: (_event: { data: unknown }) => {} });
    runInContext(String(script.source), this.scope);
  }

  postMessage(data: unknown) {
    queueMicrotask(() => this.scope.onmessage({ data }));
  }

  terminate() {}
}

it('holds nothing of node', () => {
  const ours = imports.filter(([from]) => from.startsWith(join(root, 'dist')));
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.filter(([, to]) => isBuiltin(to) || to === 'cli-progress')).toEqual([]);
});

it('holds two workers, without tfjs', () => {
  const names = workers.map(({ fileName }) => fileName).sort();
  expect(names).toEqual(['hardware', 'kernel'].map((name) => expect.stringMatching(`^assets/${name}-worker-.*\\.js$`)));
  for (const { fileName, source } of workers) {
    expect(code).toContain(fileName);
    expect(source.length).toBeLessThan(code.length / (fileName.includes('kernel') ? 100 : 5));
  }
});

/** A page that has loaded the bundle. */
function loadPage() {
  const scope = createContext({ ...browser, Worker });
  runInContext('globalThis.self = globalThis.window = globalThis; globalThis.document = {};', scope);
  runInContext(code, scope);
  return scope;
}

it('trains where there is no node, in a worker and without', async () => {
  const scope = loadPage();
  const [inline, threaded] = [JSON.parse(await scope.train(0)), JSON.parse(await scope.train(1))];
  expect([inline.workers, threaded.workers]).toEqual([0, 1]);
  expect(inline.series.length).toBe(8);
  expect(inline.figures).toMatch(/^<div class="maps"><figure><svg.*4 x 2, 50\.0 % zeros/);
  expect(threaded.series).toEqual(inline.series);
});

it('saves and loads sparse files where there is no node', async () => {
  const { before, after, bytes } = JSON.parse(await loadPage().reload());
  expect(after).toEqual(before);
  expect(before.filter((value: number) => value !== 0)).toEqual(Array(64).fill(Math.fround(0.1)));
  expect(bytes[1]).toBeLessThan(bytes[0]);
});
