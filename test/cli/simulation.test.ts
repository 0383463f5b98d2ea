import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { RunRecorder } from '../../src/callbacks/run-recorder.js';
import { loadAccelerators } from '../../src/cli/load-accelerators.js';
import { readReported } from '../../src/cli/read-reported.js';
import type { Table } from '../../src/cli/report/contracts.js';
import { textReport } from '../../src/cli/report/text-report.js';
import { textTable } from '../../src/cli/report/text-table.js';
import { writeReport } from '../../src/cli/report/write-report.js';
import { simulate } from '../../src/cli/simulation/simulation.js';
import { comparisonReport, simulationReport } from '../../src/cli/simulation/simulation-report.js';
import { workloadOf } from '../../src/cli/workload/workload-flags.js';
import {
  addCosts,
  type Cost,
  costOf,
  createAccelerator,
  createEstimator,
  estimatorPresets,
  network,
  presets,
  syntheticRecords,
  trainingWorks,
} from '../../src/hw/index.js';
import { fileHandler } from '../../src/ops/file-handler.js';
import { temporaryDirectory } from '../support/temporary.js';
import { stepJobs } from './support/step-jobs.js';

const lenet = workloadOf({ network: 'lenet5', batch: 8, images: 2, weightSparsity: 0.8 });
const both = () => loadAccelerators('acf,dense-array');

describe('a simulation', () => {
  it('finds what the models say of the works, one after the other', async () => {
    const { report } = await simulate(lenet, await both(), 1);
    const net = network('lenet5', { batch: 8 });
    const records = [...syntheticRecords(net, { seed: 1, sparsity: { W: 0.8, A: 0.5 }, images: 2 })];
    const works = trainingWorks(records, { slots: 2, masked: net.layers.map(({ name }) => name) });
    for (const { name, total, cycles } of report.accelerators) {
      const model = createAccelerator(name);
      const { works: counts } = model.start().executeStep(works);
      const cost = addCosts(...counts.map((one) => costOf(one, model.energyTable)));
      expect(cycles.value).toBe(cost.cycles);
      expect(total.energyPj / cost.energyPj).toBeCloseTo(1, 12);
    }
  });

  it('prints both reports in 80 columns: every layer, phase and accelerator, and what is unequal', async () => {
    const specs = [...(await both()), createAccelerator('scnn').spec, createAccelerator('balanced').spec];
    const result = await simulate(lenet, specs, 1);
    for (const report of [simulationReport(result), comparisonReport(result)]) {
      const text = textReport(report);
      expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
      for (const part of ['modelled', 'FP', 'BP', 'WG', 'WU', 'dense-array', '1.00x', 'Unequal', '+-'])
        expect(text).toContain(part);
      expect(text.includes('conv2')).toBe(report.tables.length > 5);
      expect(text).not.toContain('area basis'); // no column is per mm2
    }
  });

  it('adds up: the data table has the cycles and energy of the totals', async () => {
    const result = await simulate(lenet, await both(), 1);
    const { data } = simulationReport(result);
    const at = (name: string) => data.columns.findIndex((column) => column.name === name);
    for (const { name, total } of result.report.accelerators) {
      const own = data.rows.filter((row) => row[at('accelerator')] === name);
      const sum = (column: string) => own.reduce((all, row) => all + (row[at(column)] as number), 0);
      expect(sum('cycles')).toBe(total.cycles);
      const units = total.units * total.cycles;
      const idle = data.columns.filter((column) => column.name.startsWith('idle_')).map((column) => sum(column.name));
      expect((sum('usefulUnitCycles') + idle.reduce((all, one) => all + one, 0)) / units).toBeCloseTo(1, 9);
    }
  });

  it('calls faster what takes less time, each at its clock', async () => {
    const clocked = (name: string, clockGhz: number) => createAccelerator({ ...presets.acf, name, clockGhz }).spec;
    const result = await simulate(lenet, [...(await both()), clocked('acf-slow', 0.25), clocked('acf-fast', 4)], 1);
    const [{ columns, rows }] = simulationReport(result).tables;
    const at = columns.findIndex(({ name }) => name === 'speedup');
    const [acf, , slow, fast] = rows.map((row) => row[at] as number);
    expect(slow).toBeCloseTo(acf / 4, 12);
    expect(fast).toBeCloseTo(acf * 4, 12);
  });

  it('shows how little depthwise layers use lanes of 16, and what idles them, in 80 columns', async () => {
    const workload = workloadOf({ network: 'mobilenet-v1', inputSize: 32, batch: 1 });
    const result = await simulate(workload, await loadAccelerators('dadiannao'), 1);
    const table = simulationReport(result).tables.at(-1) as Table;
    const text = textTable(table);
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(text).toMatch(/^conv6_dw .* 0\.1 % {2}underfilled$/m);
    for (const [layer, ...cells] of table.rows) {
      const rows = result.report.accelerators[0].rows.filter((row) => row.layer === layer);
      const sum = (of: (cost: Cost) => number) => rows.reduce((all, { cost }) => all + of(cost), 0);
      const [utilisation, limitedBy] = cells.slice(-2);
      expect(utilisation).toBe(sum((cost) => cost.usefulUnitCycles) / sum((cost) => cost.units * cost.cycles));
      const most = sum((cost) => cost.idleUnitCycles[String(limitedBy)] ?? 0);
      for (const cause of Object.keys(rows[0].cost.idleUnitCycles))
        expect(sum((cost) => cost.idleUnitCycles[cause] ?? 0)).toBeLessThanOrEqual(most);
      if (String(layer).endsWith('_dw')) expect(utilisation).toBeLessThan(0.01);
    }
  });

  it('of a record is that of the run, and says how it was sampled', async () => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const recorder = await RunRecorder.open(path, 0, { every: 2, offset: 0, images: 4, layers: ['frozen', 'last'] });
    for (const job of stepJobs(2, 4, 16)) await recorder.append({ ...job, step: 2 * job.step });
    await recorder.end(4);
    await recorder.close();
    const result = await simulate(workloadOf({ run: path }), await both(), 1);
    expect(result.report.sample).toEqual({ steps: 4, sampledSteps: 2, every: 2, offset: 0, images: 4, unseenLayers: [] });
    const report = simulationReport(result);
    expect(report.title).toBe('Modelled cost of 4 training steps');
    expect(report.conditions[0]).toContain('a run of 4 steps; 2 of its steps, one in 2, 4 images of each batch');
    expect(report.charts.length).toBe(6);
  });

  it('runs a SCALE-Sim topology on a batch', async () => {
    const path = join(await temporaryDirectory(), 'two.CSV');
    await writeFile(path, 'Layer, M, N, K\nfirst, 4, 8, 16\nsecond, 4, 4, 8\n');
    const { report } = await simulate(workloadOf({ network: path, batch: 3, weightSparsity: 0 }), await both(), 1);
    const forward = report.accelerators[1].rows.filter(({ phase }) => phase === 'forward');
    expect(forward.map(({ layer, cost }) => [layer, cost.macs.dense])).toEqual([
      ['first', 3 * 4 * 8 * 16],
      ['second', 3 * 4 * 4 * 8],
    ]);
    const bad = path.replace('two', 'bad');
    await writeFile(bad, 'Layer, M, N, K\nfirst, 4, 8, many\n');
    await expect(simulate(workloadOf({ network: bad }), await both(), 1)).rejects.toThrow(
      `${bad}:2 K: got many, expected a positive integer`,
    );
  });

  it('runs a network over sequences of a length, and refuses one for what takes images or tells it itself', async () => {
    const machine = [createAccelerator('dense-array').spec];
    const lstm = workloadOf({ network: 'bi-lstm', batch: 2, sequence: 3 });
    const { report, conditions } = await simulate(lstm, machine, 1);
    const forward = report.accelerators[0].rows.filter(({ phase }) => phase === 'forward');
    // Two directions, three steps, four gates of 512 units from 512 features and from 512 units of the state.
    expect(forward.reduce((sum, { cost }) => sum + cost.macs.dense, 0)).toBe(2 * 2 * 3 * 4 * 512 * (512 + 512));
    expect(conditions[0]).toContain('bi-lstm over sequences of 3, 2 images');
    const images = simulate(workloadOf({ network: 'lenet5', sequence: 3 }), machine, 1);
    await expect(images).rejects.toThrow('network lenet5: sequence: got 3, expected no sequence: it takes images');
    const file = simulate(workloadOf({ network: 'two.csv', sequence: 3 }), machine, 1);
    await expect(file).rejects.toThrow('sequence of two.csv: got 3, expected nothing');
    expect(() => workloadOf({ network: 'bi-lstm', sequence: 0 })).toThrow('--sequence: got 0, expected at least 1');
  });

  it('runs a saved model over sequences of a length that it leaves open', async () => {
    const dir = await temporaryDirectory();
    const model = tf.sequential({
      layers: [tf.layers.conv1d({ filters: 2, kernelSize: 1, inputShape: [null, 4], useBias: false })],
    });
    await model.save(fileHandler(dir));
    const network = join(dir, 'model.json');
    const machine = [createAccelerator('dense-array').spec];
    const { report } = await simulate(workloadOf({ network, batch: 2, sequence: 5 }), machine, 1);
    expect(report.accelerators[0].rows.find(({ phase }) => phase === 'forward')?.cost.macs.dense).toBe(2 * 5 * 4 * 2);
    const both = simulate(workloadOf({ network, sequence: 5, inputSize: 5 }), machine, 1);
    await expect(both).rejects.toThrow(`sequence of ${network}: got 5`);
  });

  it('survives its file: the report of what was written is the same', async () => {
    const path = join(await temporaryDirectory(), 'result.json');
    const result = await simulate(lenet, await both(), 1);
    await writeReport({ result, report: simulationReport(result) }, [path]);
    expect((await readReported([path])).report).toEqual(simulationReport(result));
    await writeFile(path, '{"kind": "other"}');
    await expect(readReported([path])).rejects.toThrow('got other JSON, expected a result');
    await writeFile(path, '{');
    await expect(readReported([path])).rejects.toThrow(/expected a result that simulate or compare has written/);
  });

  it('is refused in one message where its file lacks a field, whichever it is', async () => {
    const path = join(await temporaryDirectory(), 'result.json');
    const whole = JSON.stringify(await simulate(lenet, await both(), 1));
    const without = (...names: readonly string[]) =>
      JSON.stringify(
        JSON.parse(whole, function (this: Record<string, unknown>, key, value) {
          return names.includes(key) ? undefined : value;
        }),
      );
    for (const name of ['conditions', 'estimates', 'notRun', 'sample', 'rows', 'cost', 'idle', 'total', 'dramBytes', 'cycles']) {
      await writeFile(path, without(name));
      await expect(readReported([path]), name).rejects.toThrow(`${path}: got a simulation of another shape, expected a result`);
    }
  });

  it('runs a saved model with the zeros of its weights, and says which layers have no part in it', async () => {
    const dir = await temporaryDirectory();
    const kernel = tf.tensor2d([1, 0, 0, 2, 0, 3, 0, 0], [4, 2]);
    const layers = [tf.layers.dense({ name: 'hidden', units: 2, inputShape: [4], weights: [kernel, tf.zeros([2])] })];
    const model = tf.sequential({ layers: [...layers, tf.layers.batchNormalization({ name: 'norm' })] });
    await model.save(fileHandler(dir));
    const network = join(dir, 'model.json');
    const { report, conditions } = await simulate(workloadOf({ network, batch: 2, images: 2 }), await both(), 1);
    expect(report.series[0].sparsity.W).toBe(5 / 8);
    expect(report.accelerators[0].rows.map(({ layer }) => layer)).toContain('hidden');
    expect(conditions.join(' ')).toMatch(/zeros: W 0\.625 as saved; declared: A 0\.5.*not in the network: norm/);
    await expect(simulate(workloadOf({ network, classes: 2 }), await both(), 1)).rejects.toThrow('classes of');
    await writeFile(network, '{');
    await expect(simulate(workloadOf({ network, batch: 3 }), await both(), 1)).rejects.toThrow('no JSON');
  });

  it('tells the bounds of a machine without a cycle model, for all steps of a run', async () => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const recorder = await RunRecorder.open(path, 0, { every: 3, offset: 0, images: null, layers: ['last'] });
    const [job] = stepJobs(1);
    await recorder.append(job);
    await recorder.end(3);
    await recorder.close();
    const result = await simulate(workloadOf({ run: path }), await loadAccelerators('dense-array,a100-fp16'), 1);
    const { seconds } = createEstimator('a100-fp16').estimateStep(trainingWorks(job.records, job.training));
    expect(result.estimates[0].seconds).toEqual({ low: 3 * seconds.low, high: 3 * seconds.high });
    expect(textReport(simulationReport(result))).toMatch(/a100-fp16 +\S+ns +\S+us/);
    await expect(simulate(lenet, await loadAccelerators('a100-fp16'), 1)).rejects.toThrow('got none with a cycle model');
  });

  it('of N:M weights, as BDWP trains them, is fast on the array of 002 and on sparse tensor cores', async () => {
    const machines = await loadAccelerators('sat,sat-dense,a100-fp16,a100-fp16-2-4');
    const { report, conditions, estimates } = await simulate(
      workloadOf({ network: 'vgg-small', batch: 128, nm: '2:8' }),
      machines,
      1,
    );
    expect(conditions.join(' ')).toMatch(
      /2:8 besides, in 6 of 8 layers: W along the inputs forward, along the outputs back.*have a dense master/,
    );
    const forward = ({ rows }: (typeof report.accelerators)[number]) =>
      rows.reduce((sum, { phase, cost }) => sum + (phase === 'forward' ? cost.cycles : 0), 0);
    expect(forward(report.accelerators[1]) / forward(report.accelerators[0])).toBeGreaterThan(1.5);
    expect(estimates[1].seconds.low).toBeLessThan(0.9 * estimates[0].seconds.low);
  });

  it('leaves out an accelerator that does not take the workload, and says why', async () => {
    const workload = workloadOf({ network: 'lenet5', batch: 2 ** 25 });
    await expect(simulate(workload, await both(), 1)).rejects.toThrow(/accelerators for this workload: got acf: work conv1/);
  });

  it('refuses maps that no memory holds, before it draws one', async () => {
    const path = join(await temporaryDirectory(), 'huge.csv');
    await writeFile(path, 'conv1, 1000000000, 1000000000, 5, 5, 1, 6, 1\n');
    const tooLarge = /layer \S+: got a map of \S+ elements, expected at most 4294967296/;
    for (const fields of [
      { network: path, batch: 1 },
      { network: 'lenet5', batch: 1, classes: 1e10 },
      { network: 'lenet5', batch: 1e8, images: 1e8 },
      { network: 'bert-base', batch: 1, sequence: 1e8 },
    ]) {
      await expect(simulate(workloadOf(fields), await both(), 1)).rejects.toThrow(tooLarge);
    }
  });
});

describe('accelerators by name', () => {
  it('are presets, files, or all of them', async () => {
    const path = join(await temporaryDirectory(), 'small.yaml');
    await writeFile(path, '{kind: denseArray, name: small, rows: 8}');
    expect((await loadAccelerators(`acf,${path}`)).map(({ name }) => name)).toEqual(['acf', 'small']);
    const all = [...Object.keys(presets), ...Object.keys(estimatorPresets)];
    expect((await loadAccelerators('all')).map(({ name }) => name)).toEqual(all);
    await expect(loadAccelerators('afc')).rejects.toThrow(/got afc.*Did you mean acf/);
    await expect(loadAccelerators('gpu')).rejects.toThrow(
      /got gpu, expected a spec file.*one of dense-array, .*a100-sparse-library\. Use/,
    );
    await expect(loadAccelerators('a100-dense')).rejects.toThrow(/Did you mean a100-fp32 or a100-tf32 or a100-fp16/);
    await writeFile(path, '{kind: roofline, name: own, peakTflops: 100}');
    expect(await loadAccelerators(path)).toMatchObject([{ kind: 'roofline', name: 'own', peakTflops: 100, boardW: 400 }]);
    await writeFile(path, 'kind: roofline\npeakTflop: 100');
    await expect(loadAccelerators(path)).rejects.toThrow(/small\.yaml:2:1 peakTflop: got peakTflop.*Did you mean peakTflops/);
    await writeFile(path, 'kind: rooflin');
    await expect(loadAccelerators(path)).rejects.toThrow(
      /small\.yaml:1:1 kind: got rooflin, expected acf.*Did you mean roofline/,
    );
    await expect(loadAccelerators('none.yaml')).rejects.toThrow('no such file');
    await writeFile(path, '{kind: denseArray, name: acf, rows: 8}');
    await expect(loadAccelerators(`acf,${path}`)).rejects.toThrow('acf twice');
  });
});

describe('the flags of a workload', () => {
  it.each([
    [{}, 'NETWORK: got nothing, expected a network or a recorded run'],
    [{ run: 'a', batch: 3 }, '--batch: got 3, expected nothing besides --run'],
    [{ network: 'lenet5', batch: Number.NaN }, '--batch: got NaN, expected a finite number'],
    [{ network: 'lenet5', weightSparsity: 2 }, '--weight-sparsity: got 2, expected at most 1'],
    [{ network: 'lenet5', maps: 'bernouli' }, /^--maps: got bernouli.*Did you mean bernoulli/],
    [{ network: 'lenet5', images: 33 }, '--images: got 33, expected at most 32, the batch'],
    [{ network: 'lenet5', spread: 1 }, '--spread: got 1, expected less than 1'],
    [{ network: 'lenet5', nm: '8:2' }, '--nm: got 8:2, expected N:M with 1 <= N < M'],
    [{ network: 'lenet5', nmPasses: 'both' }, '--nm-passes: got both, expected nothing without --nm'],
    [{ network: 'lenet5', nm: '2:8', weightSparsity: 0.5 }, '--weight-sparsity: got 0.5, expected nothing besides --nm 2:8'],
    [{ network: 'lenet5', nm: '2:8', pruned: 'zero' }, '--pruned: got zero, expected nothing besides --nm 2:8'],
  ])('are refused by their names: %j', (args, message) => {
    expect(() => workloadOf(args)).toThrow(message);
  });
});
