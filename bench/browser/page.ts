/** What `npm run bench:browser` runs in the page: training steps of two networks, timed, and posted to the server as JSON. */
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { sparsify } from 'tfjs-sparsity/ops';
import { prune, unstructured } from '../random-masks.js';
import { stockKernels } from '../stock-kernels.js';
import { batchFor, median, netsNamed, optimizers } from '../training-nets.js';

/** What the page is asked for, in its address. */
export interface PageOptions {
  readonly nets: string;
  readonly sparsity: number;
  readonly rounds: number;
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
  }[];
}

const names = ['stock', 'dense', 'sparse'] as const;
/** Steps before the first timed one: V8 compiles what often runs. */
const warmSteps = 20;
const warmMs = 3000;

async function measure({ nets, sparsity, rounds }: PageOptions): Promise<PageResult> {
  setWasmPaths('/wasm/');
  const { message, onStock } = await stockKernels();
  const rows: PageResult['rows'][number][] = [];
  for (const [net, { batch, build }] of netsNamed(nets)) {
    const plain = build();
    const [xs, ys] = batchFor(net, plain);
    const variants = names.map((variant) => {
      const model = variant === 'stock' ? plain : sparsify(plain, { execution: variant });
      if (variant === 'sparse') prune(model, unstructured(sparsity));
      model.compile({ optimizer: optimizers.sgd(), loss: 'categoricalCrossentropy' });
      const step = () => model.trainOnBatch(xs, ys);
      return { variant, step: variant === 'stock' ? () => onStock(step) : step, wallMs: [] as number[] };
    });
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
    for (const { variant, wallMs } of variants) rows.push({ net, batch: batch[0], variant, wallMs: median(wallMs) });
    tf.dispose([xs, ys]);
  }
  return { browser: navigator.userAgent, isolated: crossOriginIsolated, message, rows };
}

const options = JSON.parse(decodeURIComponent(location.hash.slice(1))) as PageOptions;
const answer = await measure(options).catch((error: Error) => ({ error: String(error.stack ?? error) }));
await fetch('/result', { method: 'POST', body: JSON.stringify(answer) });
