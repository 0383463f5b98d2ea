import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Worker threads load the built file, so these tests run on dist, in processes of their own.
const root = fileURLToPath(new URL('../..', import.meta.url));

const prelude = `
import * as tf from '@tensorflow/tfjs';
import { maskedDense } from 'tfjs-sparsity/ops';
import { acf, denseArray } from 'tfjs-sparsity/hw';
import { hardwareCost } from 'tfjs-sparsity/callbacks';
await tf.setBackend('cpu');
async function train(options, epochs = 3) {
  const dense = (units, seed, more) => maskedDense({units, kernelInitializer: tf.initializers.glorotUniform({seed}), ...more});
  const model = tf.sequential({layers: [
    dense(16, 1, {name: 'a', inputShape: [12], activation: 'relu'}), dense(16, 2, {name: 'b', activation: 'relu'}), dense(3, 3, {name: 'c'})]});
  model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
  const xs = tf.tensor2d(Float32Array.from({length: 384}, (_, i) => Math.sin(i * i)), [32, 12]);
  const cost = hardwareCost({accelerators: [acf(), denseArray(), acf({name: 'large', rows: 64})], ...options});
  const {history} = await model.fit(xs, xs.slice([0, 0], [32, 3]), {epochs, batchSize: 4, shuffle: false, verbose: 0, callbacks: [cost]});
  return {cost, history};
}
`;

function run(script: string): { status: number | null; stdout: string; stderr: string } {
  expect(existsSync(`${root}dist/callbacks/hardware-worker.js`), 'dist is built: npm run build').toBe(true);
  const { status, stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', prelude + script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

describe('hardware workers', () => {
  it('give the same report as the main thread, byte for byte, on one worker and on three', () => {
    const { status, stdout, stderr } = run(`
      const reports = [];
      for (const workers of [0, 1, 3]) {
        const {cost, history} = await train({workers});
        const report = await cost.report();
        reports.push(JSON.stringify([report, history]));
        console.log(report.queue.workers, report.series.length);
      }
      console.log(reports.every((text) => text === reports[0]) && reports[0].length > 1000);
    `);
    expect({ status, stdout, stderr: status === 0 ? '' : stderr }).toEqual({
      status: 0,
      stdout: '0 24\n1 24\n3 24\ntrue\n',
      stderr: '',
    });
  });

  it('do not take an accelerator that was given another energy table than that of its spec', () => {
    const { stdout } = run(`
      const table = denseArray().energyTable;
      const actions = Object.fromEntries(Object.entries(table.actions).map(([name, action]) => [name, {...action, pj: 0}]));
      for (const energyTable of [{...table, actions}, {...table}]) {
        const {cost} = await train({accelerators: [{...denseArray(), energyTable}], workers: 1}, 1);
        const {queue, accelerators} = await cost.report();
        console.log(queue.workers, accelerators[0].energyPj.value > 0);
      }
    `);
    expect(stdout).toBe('0 false\n1 true\n');
  });

  it('bound the queue and lose no step when training is faster than they are', () => {
    const { status, stdout, stderr } = run(`
      const model = tf.sequential({layers: [maskedDense({units: 64, inputShape: [64]})]});
      const cost = hardwareCost({accelerators: [acf()], workers: 1});
      const x = tf.ones([64, 64]);
      const optimizer = tf.train.sgd(0.1);
      cost.attach(model, optimizer);
      for (let i = 0; i < 100; i++) {
        optimizer.minimize(() => model.apply(x, {training: true}).square().mean());
        await cost.endStep();
      }
      await cost.detach();
      const {queue, series} = await cost.report();
      console.log(queue.maxDepth, queue.waits > 0, series.every(({step}, i) => step === i), series.length);
    `);
    expect({ status, stdout, stderr: status === 0 ? '' : stderr }).toEqual({
      status: 0,
      stdout: '16 true true 100\n',
      stderr: '',
    });
  });

  it('let node exit when nobody asks for the report, and when training throws', () => {
    for (const script of [
      `await train({workers: 2}); console.log('trained');`,
      `const cost = hardwareCost({accelerators: [acf()], workers: 1});
       const model = tf.sequential({layers: [maskedDense({units: 1, inputShape: [1]})]});
       model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
       const fail = {onBatchEnd: async () => { throw new Error('stop'); }};
       await model.fit(tf.ones([4, 1]), tf.ones([4, 1]), {verbose: 0, callbacks: [cost, fail]}).catch(({message}) => console.log(message));`,
    ]) {
      const { status, stdout } = run(script);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^(trained|stop)\n$/);
    }
  });

  it('turn an error inside a worker into one clear error', () => {
    const { status, stdout } = run(`
      const {openCostHost} = await import('${root}dist/callbacks/cost-host.js');
      const host = await openCostHost([acf()], {}, 1);
      const bits = {shape: [1, 1], words: Uint32Array.of(1)};
      const record = {layer: 'x', use: 0, nest: null, W: bits, backwardW: bits, A: bits, E: bits, G: bits, needsInputGradient: false, batchTotal: 1};
      await host.execute({step: 0, records: [record], training: {slots: 0, masked: []}}).catch((error) => console.log(error.name, error.message));
      host.close();
      await host.totals().catch((error) => console.log(error.name, error.message));
    `);
    expect(status).toBe(0);
    const [model, closed] = stdout.split(/\n(?=SparsityError)/);
    expect(model).toMatch(/^SparsityError accelerator model: got TypeError/);
    expect(model).toContain('Run with workers: 0');
    expect(closed).toMatch(/^SparsityError hardware worker: got the worker was closed/);
  });
});
