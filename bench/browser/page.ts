/** What `npm run bench:browser` runs in the page: training steps of two networks, timed, and posted to the server as JSON. */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { sparsify } from 'tfjs-sparsity/ops';
import { median } from '../median.js';
import { prune, unstructured } from '../random-masks.js';
import { stockKernels } from '../stock-kernels.js';
import { batchFor, netsNamed, optimizers } from '../training-nets.js';

/** What the page is asked for, in its address. */
export interface PageOptions {
  readonly nets: string;
  readonly sparsity: number;
  readonly rounds: number;
  readonly threads: number;
}

/** What it answers. */
export interface PageResult {
  readonly browser: string;
  readonly isolated: boolean;
  /** What `useBackend` says. */
  readonly message: string;
  readonly rows: readonly {
    readonly net: string;
    readonly batch: number;
    readonly variant: string;
    readonly wallMs: number;
    /** A digest of all weights after the first steps. */
    readonly bits: string;
  }[];
}

const names = ['stock', 'dense', 'sparse'] as const;
/** Steps before the first timed one: V8 compiles what often runs. */
const warmSteps = 20;
const warmMs = 3000;
/** Steps before the weights are compared. */
const comparedSteps = 3;

/** Weights of a seed in place of those that tfjs draws: pages are compared with each other. */
function seedWeights(model: tf.LayersModel): void {
  const seeded = model.getWeights().map(({ shape }, i) => tf.randomNormal(shape, 0, 0.05, 'float32', i + 1));
  model.setWeights(seeded);
  tf.dispose(seeded);
}

async function digestWeights(model: tf.LayersModel): Promise<string> {
  const values = await Promise.all(model.getWeights().map((weight) => weight.data<'float32'>()));
  const hash = await crypto.subtle.digest('SHA-256', await new Blob(values as Float32Array<ArrayBuffer>[]).arrayBuffer());
  return Array.from(new Uint8Array(hash, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function measure({ nets, sparsity, rounds, threads }: PageOptions): Promise<PageResult> {
  setWasmPaths('/wasm/');
  const { message, onStock } = await stockKernels({ threads });
  const rows: PageResult['rows'][number][] = [];
  for (const [net, { batch, build }] of netsNamed(nets)) {
    const plain = build();
    seedWeights(plain);
    const [xs, ys] = batchFor(net, plain);
    const variants = names.map((variant) => {
      const model = variant === 'stock' ? plain : sparsify(plain, { execution: variant });
      if (variant === 'sparse') prune(model, unstructured(sparsity));
      model.compile({ optimizer: optimizers.sgd(), loss: 'categoricalCrossentropy' });
      const step = () => model.trainOnBatch(xs, ys);
      return { variant, model, step: variant === 'stock' ? () => onStock(step) : step, wallMs: [] as number[] };
    });
    const bits: Record<string, string> = {};
    for (const { variant, model, step } of variants) {
      for (let i = 0; i < comparedSteps; i++) await step();
      bits[variant] = await digestWeights(model);
    }
    for (const { step } of variants) {
      const begin = performance.now();
      for (let i = 0; i < warmSteps && performance.now() - begin < warmMs; i++) await step();
    }
    for (let round = 0; round < rounds; round++)
      for (const { step, wallMs } of variants) {
        const begin = performance.now();
        await step();
        wallMs.push(performance.now() - begin);
      }
    for (const { variant, wallMs } of variants)
      rows.push({ net, batch: batch[0], variant, wallMs: median(wallMs), bits: bits[variant] });
    tf.dispose([xs, ys]);
  }
  return { browser: navigator.userAgent, isolated: crossOriginIsolated, message, rows };
}

const options = JSON.parse(decodeURIComponent(location.hash.slice(1))) as PageOptions;
const answer = await measure(options).catch((error: Error) => ({ error: String(error.stack ?? error) }));
await fetch('/result', { method: 'POST', body: JSON.stringify(answer) });
