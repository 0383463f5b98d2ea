/**
 * How fast the accelerator models run: a real training step of VGG-small under a 90 % mask, recorded once, through every model, on one
 * core; then how the time grows with the channels of a layer and with the batch.
 *
 *     npm run bench:simulators [-- --data cifar10 --data-dir DIR --presets acf,scnn]
 *     npm run bench:simulators -- --network resnet50
 *
 * The second: all models and estimators once over a training step of batch 1 of a network with synthetic maps.
 *
 * CPU time, median of the rounds; a process per model. Presets that differ in their energy table only are left out.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import * as tf from '@tensorflow/tfjs';
import { presets } from 'tfjs-sparsity/hw';
import { textTable } from '../examples/lib/format.js';
import { type DatasetName, datasets } from '../examples/lib/load-dataset.js';
import { buildModel } from '../examples/lib/models.js';
import { checkNames } from './check-names.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { logLogChart } from './log-log-chart.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';
import { recordStep } from './record-step.js';
import type { GrowthPoint, Simulation } from './simulate.js';
import { modelNames, networkTable, networkTimes } from './simulate-network.js';
import { stockKernels } from './stock-kernels.js';

const args = await readFlags({
  data: { choices: Object.keys(datasets) as DatasetName[], default: 'digits' as DatasetName, describe: 'Data to train on' },
  'data-dir': { type: 'string', describe: 'Folder of the files of the data set' },
  'batch-size': { type: 'number', default: 16 },
  sparsity: { type: 'number', default: 0.9, describe: 'Fraction of zero weights at the recorded step' },
  steps: { type: 'number', default: 40, describe: 'Steps of training; the last one is recorded' },
  rounds: { type: 'number', default: 7, describe: 'Timed runs of each model' },
  network: { type: 'string', describe: 'Network with synthetic maps instead of a recorded step' },
  presets: { type: 'string', describe: 'Models to time, by name; all when left out' },
  seed: { type: 'number', default: 1 },
  out: { type: 'string', default: 'bench/results', describe: 'Folder for simulators.json and a chart of each growth' },
});

checkNames('--presets', args.presets?.split(',') ?? [], args.network === undefined ? Object.keys(presets) : modelNames());
if (args.network !== undefined) {
  const times = networkTimes(args.network, args.presets?.split(',') ?? modelNames(), args.seed);
  console.log(networkTable(times));
  mkdirSync(args.out, { recursive: true });
  writeFileSync(join(args.out, `simulators-${args.network}.json`), `${JSON.stringify(times, null, 2)}\n`);
  process.exit();
}

/** The models of one comparison: their time together is to stay below that of the step itself. */
const together = ['acf', 'balanced', 'scnn', 'sigma-001', 'sparse-train-001'];

const { onStock } = await stockKernels();
const recorded = await recordStep({ ...args, net: 'vgg-small' });
const stockMs = await stockStepMs(recorded.records[0].nest.inSize.slice(1), recorded.records[0].nest.inChannels);

const machine = `${cpus()[0]?.model.trim()}, node ${process.version}, one core`;
const command = `npm run bench:simulators -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, '');
console.log(`${machine}\n${command}\nVGG-small on ${args.data}, batch ${args.batchSize}, ${args.steps} steps, seed ${args.seed}`);
const names = args.presets?.split(',') ?? Object.keys(presets).filter((name) => !('energyTable' in presets[name]));
const folder = mkdtempSync(join(tmpdir(), 'simulators-'));
const found = together.filter((name) => names.includes(name));
const simulations = new Map<string, Simulation>();
let all: Simulation;
try {
  const record = join(folder, 'record');
  writeFileSync(record, serialize(recorded));
  for (const name of names) simulations.set(name, simulateApart(name, record));
  all = simulateApart(found.join('+'), record);
} finally {
  rmSync(folder, { recursive: true });
}

const [fraction, whole] = [(value: number) => value.toFixed(2), (value: number) => value.toFixed(0)];
console.log(
  `\n${textTable([
    ['model', 'dense G MAC/s', 'effectual M MAC/s', 'ms per training step', 'peak memory MB'],
    ...[...simulations].map(([name, { cpuMs, denseMacs, effectualMacs, peakMemoryMb }]) => [
      name,
      fraction(denseMacs / cpuMs / 1e6),
      whole(effectualMacs / cpuMs / 1e3),
      whole(cpuMs),
      whole(peakMemoryMb),
    ]),
  ])}`,
);
console.log(`\n${found.join(' + ')}, over the same works: ${whole(all.cpuMs)} ms, ${whole(all.peakMemoryMb)} MB`);
console.log(`the step itself on stock tfjs-wasm: ${whole(stockMs)} ms`);

const slopes = [...simulations].map(([name, { growth }]) => ({
  name,
  channels: slope(growth.filter(({ series }) => series === 'channels')),
  batch: slope(growth.filter(({ series }) => series === 'batch')),
}));
console.log(
  `\nCPU time grows with effectual MACs to the power of (at most 1 is linear or better)\n${textTable([
    ['model', '16 to 128 channels', 'batch 1 to 16'],
    ...slopes.map(({ name, channels, batch }) => [name, fraction(channels), fraction(batch)]),
  ])}`,
);

mkdirSync(args.out, { recursive: true });
const result = { machine, command, stockMs, together: { names: found, ...all }, models: Object.fromEntries(simulations), slopes };
writeFileSync(join(args.out, 'simulators.json'), `${JSON.stringify(result, null, 2)}\n`);
for (const [grows, range] of [
  ['channels', '16 to 128 channels'],
  ['batch', 'batch 1 to 16'],
] as const) {
  const chart = logLogChart({
    series: [...simulations].map(([name, { growth }]) => ({
      name,
      points: growth.filter(({ series }) => series === grows).map((point) => [point.effectualMacs, point.cpuMs]),
    })),
    xLabel: `effectual MACs, ${range}`,
    yLabel: 'CPU ms',
  });
  writeFileSync(join(args.out, `simulators-${grows}.svg`), chart);
}

function simulateApart(name: string, record: string): Simulation {
  const script = fileURLToPath(new URL('./simulate.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, name, record, String(args.rounds)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout) as Simulation;
}

/** CPU time of a dense training step of the same network on tfjs's own kernels. */
async function stockStepMs(imageSize: readonly number[], channels: number): Promise<number> {
  const imageShape = [imageSize[0], imageSize[1], channels] as const;
  const model = buildModel('vgg-small', { imageShape, classes: 10 }, args.seed);
  model.compile({ optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy' });
  const xs = tf.randomUniform([args.batchSize, ...imageShape], 0, 1, 'float32', args.seed);
  const ys = tf.tidy(() => tf.oneHot(tf.range(0, args.batchSize, 1, 'int32').mod(10).toInt(), 10).mul(1));
  const times: number[] = [];
  for (let round = -2; round < args.rounds; round++) {
    const cpu = process.cpuUsage();
    await onStock(async () => void (await model.trainOnBatch(xs, ys)));
    if (round >= 0) times.push(cpuMsSince(cpu));
  }
  tf.dispose([xs, ys]);
  model.optimizer.dispose();
  model.dispose();
  return median(times);
}

/** Slope of the line of least squares through the logarithms. */
function slope(points: readonly GrowthPoint[]): number {
  const x = points.map(({ effectualMacs }) => Math.log(effectualMacs));
  const y = points.map(({ cpuMs }) => Math.log(cpuMs));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i] - meanY), 0);
  return covariance / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}
