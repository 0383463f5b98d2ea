/**
 * Where the time of a sparse training step goes, by the profiler of V8: the three products, the other kernels, tfjs, this package's
 * JavaScript, and the rest. `alone` is how long the kernels by themselves take: no less JavaScript can make a step shorter than that.
 *
 *     npm run bench:shares [-- --nets mlp,cnn --sparsities 0.8,0.9,0.95 --steps 300]
 *
 * One thread, SGD; the masks are those of `npm run bench:training`. Milliseconds are wall time under the profiler, which costs some percent.
 */
import { type Profiler, Session } from 'node:inspector/promises';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { sparsify, useBackend } from 'tfjs-sparsity/ops';
import { checkBeginnings } from './check-names.js';
import { prune, unstructured } from './random-masks.js';
import { readFlags, readNumbers } from './read-flags.js';
import { batchFor, nets, netsNamed, optimizers } from './training-nets.js';

const args = await readFlags({
  nets: { type: 'string', default: Object.keys(nets).join(','), describe: 'Networks, by the beginning of their names' },
  sparsities: { type: 'string', default: '0.8,0.9,0.95' },
  steps: { type: 'number', default: 300, describe: 'Steps under the profiler; as many go before them' },
});
checkBeginnings('--nets', args.nets.split(','), Object.keys(nets));
const sparsities = readNumbers('sparsities', args.sparsities, 'sparsity');

const parts = ['forward', 'dX', 'dW', 'other kernels', 'tfjs', 'own code', 'rest'] as const;
type Part = (typeof parts)[number];

/** The products, by the functions of `lane-layer.ts` that call their kernels. */
const products: Readonly<Record<string, Part>> = { forward: 'forward', inputGradient: 'dX', weightGradient: 'dW' };

/** What each node of a profile is a part of, callers first; nothing where the process waits. */
function partsOf({ nodes }: Profiler.Profile): ReadonlyMap<number, Part> {
  const found = new Map<number, Part>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const walk = (id: number, product: Part | undefined) => {
    const { callFrame, children = [] } = byId.get(id) as Profiler.ProfileNode;
    const { functionName, url } = callFrame;
    const inside = /\/lane-layer\.js$/.test(url) ? (products[functionName] ?? product) : product;
    if (functionName !== '(idle)') found.set(id, partOf(functionName, url, inside));
    for (const child of children) walk(child, inside);
  };
  walk(nodes[0].id, undefined);
  return found;
}

function partOf(functionName: string, url: string, product: Part | undefined): Part {
  if (url.startsWith('wasm:') || /js-to-wasm|JSToWasm/.test(functionName)) return product ?? 'other kernels';
  if (/\/@tensorflow\//.test(url)) return 'tfjs';
  return /\/dist\/(ops|kernels|pruning)\//.test(url) ? 'own code' : 'rest';
}

/** Milliseconds of a step, by part. */
async function profiled(model: tf.LayersModel, xs: tf.Tensor, ys: tf.Tensor): Promise<ReadonlyMap<Part, number>> {
  const train = async () => {
    for (let i = 0; i < args.steps; i++) await model.trainOnBatch(xs, ys);
  };
  await train();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  await train();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const found = partsOf(profile);
  const ms = new Map<Part, number>(parts.map((part) => [part, 0]));
  const { samples = [], timeDeltas = [] } = profile;
  for (const [i, id] of samples.entries()) {
    const part = found.get(id);
    if (part === undefined) continue;
    ms.set(part, (ms.get(part) as number) + timeDeltas[i] / 1000 / args.steps);
  }
  return ms;
}

let message = '';
await useBackend('wasm', {
  log: (line) => {
    message = line;
  },
});
console.log(`${message}\n${cpus()[0]?.model.trim()}, node ${process.version}, tfjs ${tf.version.tfjs}, ${args.steps} steps\n`);
console.log(`${'network'.padEnd(18)} zeros  ${parts.map((part) => part.padStart(7)).join(' ')}  ms in all    alone`);
for (const [name, net] of netsNamed(args.nets)) {
  for (const sparsity of sparsities) {
    const plain = net.build();
    const model = sparsify(plain, { execution: 'sparse' });
    prune(model, unstructured(sparsity));
    model.compile({ optimizer: optimizers.sgd(), loss: 'categoricalCrossentropy' });
    const [xs, ys] = batchFor(name, plain);
    const ms = await profiled(model, xs, ys);
    const all = [...ms.values()].reduce((a, b) => a + b, 0);
    const alone = parts.slice(0, 4).reduce((sum, part) => sum + (ms.get(part) as number), 0);
    const shares = parts.map((part) =>
      `${((100 * (ms.get(part) as number)) / all).toFixed(1)} %`.padStart(Math.max(7, part.length)),
    );
    const cells = [name.padEnd(18), `${100 * sparsity} %`.padStart(5), ` ${shares.join(' ')}`];
    console.log(`${cells.join(' ')}  ${all.toFixed(2).padStart(9)} ${alone.toFixed(2).padStart(8)}`);
    tf.dispose([xs, ys]);
    model.dispose();
    plain.dispose();
  }
}
