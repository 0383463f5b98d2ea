/**
 * How fast weights are scheduled for the front end of 003: the filters of a 3x3 convolution of 256 by 256 channels, random zeros, trident
 * of 8 inputs <2,5>, on one core. A weight slot is a lane of a row before scheduling.
 *
 *     npm run bench:scheduler [-- --rounds 31]
 *
 * CPU time, median of the rounds, with what cuts the bits of the kernel into rows.
 */
import { cpus } from 'node:os';
import { createRng } from 'tfjs-sparsity';
import { bernoulliBits, convNest, filterLayers, inScanOrder, onesBits, tacticalConnections } from 'tfjs-sparsity/hw';
import { createRowScheduler, type ScheduleRule } from 'tfjs-sparsity/kernels';
import { textTable } from '../examples/lib/format.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';

const { rounds } = await readFlags({ rounds: { type: 'number', default: 31, describe: 'Timed runs of each row of the table' } });

const channels = 256;
const nest = convNest({ batch: 1, inSize: [3, 3], inChannels: channels, outChannels: channels, kernelSize: [3, 3] });
const base: Omit<ScheduleRule, 'policy' | 'decoupled'> = {
  ...{ lanes: 16, lookahead: 2 },
  connections: inScanOrder(tacticalConnections('T', 2, 5), 'by-row'),
};
const rules: Readonly<Record<string, ScheduleRule>> = {
  'least-flexible-first': { ...base, policy: 'least-flexible-first', decoupled: false },
  'most-flexible-first': { ...base, policy: 'most-flexible-first', decoupled: false },
  greedy: { ...base, policy: 'greedy', decoupled: false },
  'least-flexible-first, each PE alone': { ...base, policy: 'least-flexible-first', decoupled: true },
};
const sparsities = [0.3, 0.5, 0.7, 0.8, 0.9];

console.log(`${cpus()[0]?.model.trim()}, node ${process.version}, one core`);
console.log('weight slots per second, in G\n');
const rows = Object.entries(rules).map(([name, rule]) => [
  name,
  ...sparsities.map((sparsity) => rate(rule, sparsity).toFixed(2)),
]);
console.log(textTable([['policy', ...sparsities.map((sparsity) => `${100 * sparsity} % zeros`)], ...rows]));

/** G slots per second. */
function rate(rule: ScheduleRule, sparsity: number): number {
  const operand = { role: 'A', source: 'conv', nonzeros: onesBits([1, 1, 3, 3, channels]) } as const;
  const weights = bernoulliBits([1, 3, 3, channels, channels], 1 - sparsity, createRng('scheduler'));
  const kernel = { role: 'W', source: 'conv', nonzeros: weights } as const;
  const work = { kind: 'gemm', layer: 'conv', phase: 'forward', nest, input: operand, kernel, imageScale: 1 } as const;
  const [layer] = filterLayers(work, { lanes: 16, filters: 16 });
  const scheduler = createRowScheduler(rule);
  const bits = layer.bits();
  const times: number[] = [];
  for (let round = -5; round < rounds; round++) {
    const cpu = process.cpuUsage();
    for (let times = 0; times < 4; times++) {
      scheduler.load(bits);
      for (const set of layer.sets) scheduler.issuedRows(set);
    }
    if (round >= 0) times.push(cpuMsSince(cpu));
  }
  return (4 * 9 * channels * channels) / median(times) / 1e6;
}
