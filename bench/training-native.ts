/**
 * The dense training steps of training.ts on tfjs-node, for comparison: milliseconds of CPU (all threads) and wall time, medians.
 *
 *     node build/bench/training-native.js [--nets mlp,cnn --optimizers sgd,adam --rounds 15]
 */
import { appendFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { useBackend } from 'tfjs-sparsity/ops';
import { checkBeginnings, checkNames } from './check-names.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';
import { batchFor, nets, netsNamed, optimizers } from './training-nets.js';

const args = await readFlags({
  nets: { type: 'string', default: Object.keys(nets).join(',') },
  optimizers: { type: 'string', default: 'sgd,adam' },
  rounds: { type: 'number', default: 15 },
  out: { type: 'string', default: 'bench/results/training.jsonl' },
});

checkBeginnings('--nets', args.nets.split(','), Object.keys(nets));
checkNames('--optimizers', args.optimizers.split(','), Object.keys(optimizers));
const chosen = await useBackend('tensorflow').catch((error: Error) => console.log(error.message));
if (!chosen) process.exit();
console.log(`\ntfjs-node, dense, ${availableParallelism()} cores: CPU ms, wall ms`);
for (const [name, net] of netsNamed(args.nets)) {
  for (const optimizer of args.optimizers.split(',')) {
    const model = net.build();
    model.compile({ optimizer: optimizers[optimizer](), loss: 'categoricalCrossentropy' });
    const [xs, ys] = batchFor(name, model);
    const times: { cpu: number; wall: number }[] = [];
    for (let round = -2; round < args.rounds; round++) {
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      await model.trainOnBatch(xs, ys);
      if (round >= 0) times.push({ cpu: cpuMsSince(cpu), wall: performance.now() - wall });
    }
    const [cpuMs, wallMs] = [median(times.map(({ cpu }) => cpu)), median(times.map(({ wall }) => wall))];
    console.log(`${`${name}, ${optimizer}`.padEnd(28)} ${cpuMs.toFixed(2).padStart(8)} ${wallMs.toFixed(2).padStart(8)}`);
    appendFileSync(args.out, `${JSON.stringify({ net: name, optimizer, variant: 'tfjs-node', cpuMs, wallMs })}\n`);
  }
}
