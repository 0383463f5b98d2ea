import { appendFile, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RunRecorder } from '../../src/callbacks/run-recorder.js';
import { svgReport } from '../../src/cli/report/svg-chart.js';
import { newestPoints } from '../../src/cli/sweep/newest-points.js';
import { paretoFront } from '../../src/cli/sweep/pareto-front.js';
import { planFile, planFlags } from '../../src/cli/sweep/plan-sources.js';
import { runSweep } from '../../src/cli/sweep/run-sweep.js';
import { valuesOf } from '../../src/cli/sweep/setting-values.js';
import { parseShard, pointsOfShard } from '../../src/cli/sweep/shard.js';
import { readSweepFile, SweepWriter } from '../../src/cli/sweep/sweep-file.js';
import { sweepPlan } from '../../src/cli/sweep/sweep-plan.js';
import { sweepPoints } from '../../src/cli/sweep/sweep-points.js';
import { rankedPoints, reportedSweep } from '../../src/cli/sweep/sweep-report.js';
import { createAccelerator, presets } from '../../src/hw/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { stepJobs } from './support/step-jobs.js';

const yaml = `
network: lenet5
batch: 4
weightSparsity: [0.5, 0.9]
accelerators:
  - preset: dense-array
    rows: {from: 8, to: 32, step: 8}
    cols: [8, 16]
  - preset: acf
    rows: 8
    reconfigurable: [true, false]
`;
const pointsIn = (text: string) => sweepPoints(sweepPlan(planFile(text, 'sweep.yaml')));
const options = (file: string, signal = new AbortController().signal) => ({ file, workers: 1, signal, onProgress: () => {} });

describe('points of a sweep', () => {
  it('are not drawn among more combinations than a draw can tell apart', async () => {
    const fields = ['rows', 'cols', 'sramKb', 'dramBytesPerCycle'].map((name) => `    ${name}: {from: 1, to: 1000, step: 1}`);
    const text = ['network: lenet5', 'search: random', 'points: 3', 'accelerators:', '  - preset: dense-array', ...fields].join(
      '\n',
    );
    await expect(pointsIn(text)).rejects.toThrow('combinations of a random search: got 1000000000000');
  });

  it('are the product of workloads and designs, workload by workload, each with an id of its content', async () => {
    const points = await pointsIn(yaml);
    expect(points.length).toBe(2 * (4 * 2 + 2));
    expect(points.slice(0, 3).map(({ settings }) => settings)).toEqual([
      { network: 'lenet5', batch: 4, weightSparsity: 0.5, accelerator: 'dense-array', rows: 8, cols: 8 },
      { network: 'lenet5', batch: 4, weightSparsity: 0.5, accelerator: 'dense-array', rows: 8, cols: 16 },
      { network: 'lenet5', batch: 4, weightSparsity: 0.5, accelerator: 'dense-array', rows: 16, cols: 8 },
    ]);
    const other = await pointsIn(
      yaml.replace('weightSparsity: [0.5, 0.9]', 'weightSparsity: 0.9').replace('  - preset: acf', '  - acf\n  - preset: acf'),
    );
    const ids = new Set(points.map(({ id }) => id));
    expect(ids.size).toBe(points.length);
    expect(other.filter(({ id }) => ids.has(id)).length).toBe(10);
  });

  it('are drawn without putting back by a random search, the same ones for the same seed', async () => {
    const all = (await pointsIn(yaml)).map(({ id }) => id);
    const draw = async (seed: number) =>
      (await pointsIn(`search: random\npoints: 7\nsearchSeed: ${seed}${yaml}`)).map(({ id }) => id);
    const [first, again, second] = [await draw(1), await draw(1), await draw(2)];
    expect(first).toEqual(again);
    expect(first).not.toEqual(second);
    expect(new Set(first).size).toBe(7);
    expect(first).toEqual(all.filter((id) => first.includes(id)));
    await expect(pointsIn(`search: random\npoints: 21${yaml}`)).rejects.toThrow('at most 20, all there are');
  });

  it('are dealt out to shards so that each has one', async () => {
    const points = await pointsIn(yaml);
    const shards = [1, 2, 3].map((index) => pointsOfShard(points, { index, count: 3 }));
    expect(
      shards
        .flat()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(points.map(({ id }) => id).sort());
    for (const wrong of ['0/3', '4/3', '1', 'a/b', '1/0', '-1/2']) expect(() => parseShard(wrong)).toThrow('i from 1 to n');
  });

  it('are told by flags as well as by a file', async () => {
    const vary = ['weightSparsity=0.5,0.9', 'rows=8:32:8', 'cols=8,16'];
    const plan = sweepPlan(planFlags({ fixed: { network: 'lenet5', batch: 4 }, accelerators: 'dense-array', vary }));
    const ids = (await pointsIn(yaml)).map(({ id }) => id);
    const own = (await sweepPoints(plan)).map(({ id }) => id);
    expect(own.length).toBe(16);
    expect(ids).toEqual(expect.arrayContaining(own));
  });

  it('are of all presets where all are named, in a flag or a file', async () => {
    const text = 'network: lenet5\nseed: [1, 2]\naccelerators:';
    const points = await pointsIn(`${text} [all]`);
    expect(points.slice(0, points.length / 2).map(({ settings }) => settings.accelerator)).toEqual(Object.keys(presets));
    const flags = planFlags({ fixed: { network: 'lenet5' }, accelerators: 'all', vary: ['seed=1,2'] });
    expect(await sweepPoints(sweepPlan(flags))).toEqual(points);
    const priced = await pointsIn(`${text}\n  - {preset: all, energyTable: [45nm, 65nm]}`);
    expect(priced.length).toBe(2 * points.length);
  });

  it('vary N:M by flag and by file', async () => {
    const flags = planFlags({ fixed: { network: 'lenet5' }, accelerators: 'sat', vary: ['nm=2:4,2:8', 'n=1,2'] });
    const points = await sweepPoints(sweepPlan(flags));
    expect(points.map(({ settings }) => [settings.nm, settings.n])).toEqual([
      ['2:4', 1],
      ['2:4', 2],
      ['2:8', 1],
      ['2:8', 2],
    ]);
    const file = await pointsIn('network: lenet5\nnm: [2:4, 2:8]\naccelerators: [{preset: sat, n: [1, 2]}]');
    expect(file.map(({ id }) => id)).toEqual(points.map(({ id }) => id));
  });

  it('vary the length of sequences by flag and by file', async () => {
    const flags = planFlags({ fixed: { network: 'bi-lstm' }, accelerators: 'acf', vary: ['sequence=2,4'] });
    const points = await sweepPoints(sweepPlan(flags));
    expect(points.map(({ settings }) => settings.sequence)).toEqual([2, 4]);
    expect(new Set(points.map(({ id }) => id)).size).toBe(2);
    const file = await pointsIn('network: bi-lstm\nsequence: {from: 2, to: 4, step: 2}\naccelerators: [acf]');
    expect(file.map(({ id }) => id)).toEqual(points.map(({ id }) => id));
  });

  it('have another id when the file of their network has other content', async () => {
    const path = join(await temporaryDirectory(), 'net.csv');
    const ids: string[] = [];
    for (const width of [8, 8, 16]) {
      await writeFile(path, `Layer, M, N, K\nfirst, 4, ${width}, 16\n`);
      const [point] = await pointsIn(`network: ${path}\naccelerators: [acf]`);
      ids.push(point.id);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('name the part of a growing record that they are of, and run on that part', async () => {
    const run = join(await temporaryDirectory(), 'run.maps');
    const jobs = stepJobs(2);
    const recorder = await RunRecorder.open(run, 0, { every: 1, offset: 0, images: null, layers: [] });
    await recorder.append(jobs[0]);
    const plan = `run: ${run}\naccelerators: [dense-array]`;
    const [before] = await pointsIn(plan);
    await appendFile(run, 'half a frame');
    expect((await pointsIn(plan))[0]).toEqual(before);
    await truncate(run, (await stat(run)).size - 'half a frame'.length);
    await recorder.append(jobs[1]);
    await recorder.close();
    const [after] = await pointsIn(plan);
    expect(after.id).not.toBe(before.id);
    const cyclesOf = async (point: typeof before) => {
      const [one] = (await runSweep([point], options(`${run}.${point.id}.jsonl`))).points;
      return 'costs' in one ? one.costs.cycles : Number.NaN;
    };
    expect(await cyclesOf(after)).toBe(2 * (await cyclesOf(before)));
  });

  it('take values, lists and ranges without the noise of binary fractions', () => {
    const values = (field: unknown) => valuesOf(field, () => 'rows');
    expect(values(8)).toEqual([8]);
    expect(values(['WS', 'OS', 'WS'])).toEqual(['WS', 'OS']);
    expect(values({ from: 0.1, to: 0.5, step: 0.1 })).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(values({ from: 0, to: 0.3, step: 0.1 })).toEqual([0, 0.1, 0.2, 0.3]); // 0.3 / 0.1 is below 3
    for (const wrong of [[], null, [[8]], { from: 1, to: 2 }, { from: 2, to: 1, step: 1 }, { from: 1, to: 2, step: 0 }]) {
      expect(() => values(wrong)).toThrow('a value, a list of values, or {from, to, step}');
    }
  });

  it.each([
    ['network: resnet21\naccelerators: [acf]', /^sweep\.yaml:1:1 network: got resnet21.*Did you mean resnet20/],
    ['netwrok: lenet5\naccelerators: [acf]', /^sweep\.yaml:1:1 netwrok: got netwrok.*Did you mean network/],
    ['network: lenet5\nacelerators: [acf]', /^sweep\.yaml:2:1 acelerators: got acelerators.*Did you mean accelerators/],
    ['network: lenet5\naccelerators: [afc]', /^sweep\.yaml:2:16 accelerators\.0: got afc.*Did you mean acf/],
    [
      'network: lenet5\naccelerators:\n  - preset: acf\n    rws: [8]',
      /^sweep\.yaml:4:5 accelerators\.0\.rws: got rws.*Did you mean rows/,
    ],
    [
      'network: lenet5\naccelerators:\n  - preset: acf\n    rows: [8, 0]',
      /^sweep\.yaml:4:5 accelerators\.0\.rows: got 0, expected at least 1/,
    ],
    [
      'network: lenet5\nweightSparsity: [0.5, 1.5]\naccelerators: [acf]',
      /^sweep\.yaml:2:23 weightSparsity\.1: got 1\.5, expected at most 1/,
    ],
    [
      'network: lenet5\naccelerators: [a100-fp16]',
      /^sweep\.yaml:2:16 accelerators\.0: got a100-fp16, expected an accelerator, which counts cycles.*told by compare/,
    ],
    [
      'network: lenet5\naccelerators: [{kind: roofline}]',
      /^sweep\.yaml:2:17 accelerators\.0\.kind: got roofline, expected an accelerator, which counts cycles/,
    ],
    ['network: lenet5\nsearch: random\naccelerators: [acf]', /^sweep\.yaml:\S+ points: got nothing/],
    ['network: lenet5', /^sweep\.yaml:1:1 accelerators: got undefined/],
    ['accelerators: [acf]', /^sweep\.yaml:\S+ network: got nothing/],
    ['network: [lenet5', /^sweep\.yaml:1:\d+: got .*valid YAML or JSON/],
    ['- lenet5', /^sweep\.yaml:1:1: got .*Begin with network/],
  ])('refuse a wrong file in one message with its place: %j', (text, message) => {
    expect(() => sweepPlan(planFile(text, 'sweep.yaml'))).toThrow(message);
  });

  it('refuse wrong flags by their names', () => {
    const plan =
      (vary: string[], fixed = { network: 'lenet5' } as object) =>
      () =>
        sweepPlan(planFlags({ fixed: fixed as Record<string, unknown>, accelerators: 'acf', vary }));
    expect(plan(['rws=8,16'])).toThrow(/^--vary rws: got rws.*Did you mean rows/);
    expect(plan(['rows=8', 'cols=8', 'rows=16'])).toThrow('--vary: got rows twice, expected each setting once');
    expect(plan(['weightSparsity=0.9'], { network: 'lenet5', weightSparsity: 0.5 })).toThrow(
      '--vary: got weightSparsity, which --weight-sparsity fixes at 0.5, expected either of them. Leave --weight-sparsity out',
    );
    expect(plan(['rows'])).toThrow('--vary: got rows, expected NAME=VALUES');
    expect(plan(['rows=1:2:3:4'])).toThrow(/^--vary rows: got "1:2:3:4", expected a finite number/);
    expect(plan(['rows=8'], { network: 'lenet5', batch: 0 })).toThrow(/^--batch: got 0, expected at least 1/);
    expect(plan([], {})).toThrow(/^--network: got nothing/);
  });
});

describe('a sweep', () => {
  it('that was interrupted anywhere goes on to what an uninterrupted one finds, and says what it dropped', async () => {
    const dir = await temporaryDirectory();
    const points = (await pointsIn(yaml)).filter(({ settings }) => settings.accelerator === 'dense-array');
    const whole = join(dir, 'whole.jsonl');
    const outcome = await runSweep(points, options(whole));
    expect(outcome).toMatchObject({ found: 0, missing: 0, cutBytes: 0 });
    const bytes = await readFile(whole);
    const part = join(dir, 'part.jsonl');
    for (const length of [0, 1, 700, bytes.length - 1]) {
      await writeFile(part, bytes);
      await truncate(part, length);
      const again = await runSweep(points, options(part));
      expect(again.points).toEqual(outcome.points);
      expect(again.cutBytes > 0).toBe(length > 0);
      expect(await readFile(part)).toEqual(bytes);
    }
  });

  it('keeps every whole line of a file that is cut at any byte, be it inside a character', async () => {
    const file = join(await temporaryDirectory(), 'sweep.jsonl');
    const points = ['é', 'ê€😀'].map((network, i) => ({ id: String(i), settings: { network }, error: 'a réason' }));
    const lines = points.map((point) => Buffer.from(`${JSON.stringify(point)}\n`));
    const bytes = Buffer.concat(lines);
    for (let cut = 0; cut <= bytes.length; cut++) {
      await writeFile(file, bytes.subarray(0, cut));
      const whole = cut === bytes.length ? 2 : Number(cut >= lines[0].length);
      const stored = readSweepFile(file);
      expect(stored.points).toEqual(points.slice(0, whole));
      const writer = await SweepWriter.open(file, stored);
      for (const point of points.slice(whole)) writer.add(point);
      writer.close();
      expect(await readFile(file)).toEqual(bytes);
    }
  });

  it('stops after the point under way, and keeps what is done', async () => {
    const points = (await pointsIn(yaml)).slice(0, 6);
    const file = join(await temporaryDirectory(), 'sweep.jsonl');
    const stop = new AbortController();
    const onProgress = (done: number) => done === 2 && stop.abort();
    const first = await runSweep(points, { ...options(file, stop.signal), onProgress });
    expect(first).toMatchObject({ missing: 4, found: 0 });
    expect(await runSweep(points, options(file))).toMatchObject({ missing: 0, found: 2 });
  });

  it('tells all settings of its workload, given or not, and what varies in columns', async () => {
    const text = 'network: lenet5\nbatch: 2\nweightSparsity: [0.5, 0.9]\naccelerators: [dense-array]';
    const file = join(await temporaryDirectory(), 'sweep.jsonl');
    await runSweep(await pointsIn(text), options(file));
    const { report } = reportedSweep(readSweepFile(file).points);
    expect(report.conditions).toEqual([
      'network lenet5, batch 2, accelerator dense-array, images 1, activationSparsity 0.5, maps bernoulli, spread 0.3, optimizer adam, pruned zero, seed 1',
    ]);
    expect(report.tables[0].columns[0].name).toBe('weightSparsity');
    const { columns, rows } = report.data;
    expect(rows.map((row) => row[columns.findIndex(({ name }) => name === 'seed')])).toEqual([1, 1]);
  });

  it('of a record that was cut says so, also when its file is read', async () => {
    const dir = await temporaryDirectory();
    const [file, run] = [join(dir, 'sweep.jsonl'), join(dir, 'run.maps')];
    const recorder = await RunRecorder.open(run, 0, { every: 1, offset: 0, images: null, layers: [] });
    for (const job of stepJobs(2)) await recorder.append(job);
    await recorder.close();
    await truncate(run, (await stat(run)).size - 5);
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    await runSweep(await pointsIn(`run: ${run}\naccelerators: [{preset: sat, n: [2, 4]}]`), options(file));
    expect(said.mock.calls).toEqual([
      [expect.stringMatching(/the last \d+ bytes are cut or damaged; its 1 whole steps are used$/)],
    ]);
    said.mockRestore();
    expect(reportedSweep(readSweepFile(file).points).report.conditions.slice(1)).toEqual([
      `${run}: a run of 1 steps; every step, all images`,
      `${run}: it does not tell how training ended; its 1 whole steps are used`,
    ]);
  });

  it('keeps a combination that no accelerator takes as a point without costs', async () => {
    const text =
      'network: lenet5\nbatch: 1\naccelerators: [{preset: acf, rows: 8, reconfigurable: [true, false], dataflow: [dynamic]}]';
    const { points } = await runSweep(await pointsIn(text), options(join(await temporaryDirectory(), 'sweep.jsonl')));
    expect(points.map((point) => 'error' in point)).toEqual([false, true]);
    const { report } = reportedSweep(points);
    expect(report.conditions.join(' ')).toMatch(/1 point without costs; the first: accelerator acf\.dataflow/);
    expect(report.tables[0].rows.length).toBe(1);
  });

  it('tries points without costs again, and what could not be read too', async () => {
    const dir = await temporaryDirectory();
    const [file, run] = [join(dir, 'sweep.jsonl'), join(dir, 'run.maps')];
    await writeFile(run, 'no record');
    const points = await pointsIn(`run: ${run}\naccelerators: [acf]`);
    const [failed] = (await runSweep(points, options(file))).points;
    expect(failed).toMatchObject({ error: expect.stringContaining('another kind of file') });
    const bytes = await readFile(file);
    expect(await runSweep(points, options(file))).toMatchObject({ found: 0, missing: 0, points: [failed] });
    expect(await readFile(file)).toEqual(bytes);
    const stopped = await runSweep(points, options(file, AbortSignal.abort()));
    expect(stopped).toMatchObject({ found: 0, missing: 1, points: [] });
    const recorder = await RunRecorder.open(join(dir, 'whole.maps'), 0, { every: 1, offset: 0, images: null, layers: [] });
    for (const job of stepJobs(1)) await recorder.append(job);
    await recorder.close();
    await rename(join(dir, 'whole.maps'), run);
    expect((await runSweep(points, options(file))).points[0]).toHaveProperty('costs');
    expect(await runSweep(points, options(file))).toMatchObject({ found: 1, missing: 0 });
  });

  it('refuses a file with a damaged line by its number', async () => {
    const file = join(await temporaryDirectory(), 'sweep.jsonl');
    await writeFile(file, '{"id": 3}\n');
    await expect(runSweep([], options(file))).rejects.toThrow(`${file}:1: got {"id": 3}, expected a point of a sweep`);
    await expect(runSweep([], options('/dev/null/sweep.jsonl'))).rejects.toThrow('a file where a directory should be');
  });
});

describe('points of several versions', () => {
  it('count once, as the newest found them, whichever stands last', () => {
    const point = (id: string, version: string | undefined, rows: number) => ({
      ...{ id, settings: { network: 'lenet5', rows }, workload: 'w', error: `by ${version}` },
      ...(version !== undefined && { version }),
    });
    const [old, first, second] = [point('a', undefined, 8), point('b', '0.9.1', 8), point('c', '0.10.0', 8)];
    const other = point('d', '0.9.1', 16);
    for (const points of [
      [old, first, second, other],
      [second, other, old, first],
    ]) {
      expect(
        newestPoints(points)
          .map(({ id }) => id)
          .sort(),
      ).toEqual(['c', 'd']);
    }
    expect(newestPoints([first, { ...first, error: 'again' }])).toEqual([{ ...first, error: 'again' }]);
  });
});

describe('the Pareto front', () => {
  const costs = {
    utilisation: 1,
    idealCycles: 1,
    limitedBy: 'none',
    cyclesByPhase: { forward: 1, inputGradient: 0, weightGradient: 0, weightUpdate: 0 },
  };

  it('of four points by hand', () => {
    expect(
      paretoFront([
        [1, 5],
        [2, 4],
        [2, 5],
        [3, 4],
      ]),
    ).toEqual([true, true, false, false]);
  });

  it('is what no other point beats, as comparing all pairs finds', () => {
    const points = fc.array(fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }), { maxLength: 30 });
    fc.assert(
      fc.property(points, (all) => {
        const beaten = all.map((a) =>
          all.some((b) => b.every((value, i) => value <= a[i]) && b.some((value, i) => value < a[i])),
        );
        expect(paretoFront(all)).toEqual(beaten.map((one) => !one));
      }),
    );
  });

  it('is of each content of a file by itself, though the name stayed the same', async () => {
    const path = join(await temporaryDirectory(), 'net.csv');
    const finished = [];
    for (const width of [8, 64]) {
      await writeFile(path, `Layer, M, N, K\nfirst, 4, ${width}, 16\n`);
      const [{ task: _, ...labels }] = await pointsIn(`network: ${path}\naccelerators: [acf]`);
      finished.push({ ...labels, costs: { ...costs, cycles: width, energyPj: width, areaMm2: null } });
    }
    expect(rankedPoints(finished).map(({ onFront }) => onFront)).toEqual([true, true]);
  });

  it('is found, drawn and told among more points than a call takes arguments', () => {
    const count = 150_000;
    const points = Array.from({ length: count }, (_, i) => ({
      id: String(i),
      settings: { network: 'lenet5', rows: i },
      costs: { ...costs, cycles: i + 1, energyPj: i + 1, areaMm2: null },
    }));
    const { report } = reportedSweep(points);
    expect(report.tables[0].rows.length).toBe(1);
    expect(svgReport(report)).toContain('<svg');
  });

  it('stands in the report by rising cycles, and each point with its ideal cycles in the data', () => {
    const points = [3, 1, 2].map((cycles) => ({
      id: String(cycles),
      settings: { network: 'lenet5', rows: cycles },
      costs: { ...costs, cycles, energyPj: 10 - cycles, areaMm2: null, idealCycles: cycles / 4 },
    }));
    const { tables, data } = reportedSweep(points).report;
    const column = (table: typeof data, name: string) =>
      table?.rows.map((row) => row[table.columns.findIndex((one) => one.name === name)]);
    expect(column(tables[0], 'cycles')).toEqual([1, 2, 3]);
    expect(column(data, 'idealCycles')).toEqual([0.75, 0.25, 0.5]);
  });

  it('is of each workload by itself, with area where all declare one', () => {
    const point = (id: string, weightSparsity: number, cycles: number, energyPj: number, areaMm2: number | null) => ({
      id,
      settings: { network: 'lenet5', weightSparsity, accelerator: createAccelerator('acf').spec.name },
      costs: { ...costs, cycles, energyPj, areaMm2, areaBasis: areaMm2 === null ? null : '45 nm' },
    });
    const ranked = rankedPoints([
      point('a', 0.5, 9, 9, 1),
      point('b', 0.9, 1, 1, 2),
      point('c', 0.5, 8, 8, 2),
      point('d', 0.9, 2, 2, null),
    ]);
    expect(ranked.map(({ id, onFront }) => [id, onFront])).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
      ['d', false],
    ]);
  });

  const based = (bases: readonly (string | undefined)[], network = 'lenet5') =>
    bases.map((areaBasis, i) => ({
      id: `${network} ${i}`,
      settings: { network, accelerator: `a${i}` },
      costs: { ...costs, cycles: i + 1, energyPj: bases.length - i, areaMm2: 2 - i, areaBasis },
    }));

  it('leaves area out where it is of several nodes, partly without SRAM, or of an unknown one', () => {
    const ranked = (...bases: readonly (string | undefined)[]) =>
      rankedPoints(based(bases).map((point, i) => ({ ...point, costs: { ...point.costs, energyPj: i + 1 } }))).map(
        ({ onFront }) => onFront,
      );
    expect(ranked('45 nm', '45 nm')).toEqual([true, true]);
    expect(ranked('45 nm', '16 nm')).toEqual([true, false]);
    expect(ranked('16 nm', '16 nm without SRAM')).toEqual([true, false]);
    expect(ranked('45 nm', undefined)).toEqual([true, false]);
    expect(ranked(undefined, undefined)).toEqual([true, false]); // of files of earlier versions
  });

  it('ranks time, not cycles, where clocks differ, and shows it', () => {
    const at = (clockGhz: number | undefined, cycles: number, energyPj: number) => ({
      id: `${clockGhz} ${cycles}`,
      settings: { network: 'lenet5', accelerator: `a${cycles}` },
      costs: { ...costs, cycles, energyPj, areaMm2: null, clockGhz },
    });
    const { report } = reportedSweep([at(0.5, 1000, 1), at(5, 5000, 2), at(undefined, 1500, 3)]);
    const [{ columns, rows, title }] = report.tables;
    expect(title).toBe('Pareto front, 2 points');
    const time = columns.findIndex(({ name }) => name === 'seconds');
    expect(rows.map((row) => row[time])).toEqual([1e-6, 2e-6]); // of 1500 cycles at 1 GHz 1.5 us, and more energy
    expect(report.charts[0]).toMatchObject({ x: { label: 'time' } });
    const sameClock = reportedSweep([at(1, 1000, 1), at(undefined, 900, 2)]).report;
    expect(sameClock.tables[0].columns.map(({ name }) => name)).not.toContain('seconds');
    expect(sameClock.charts[0]).toMatchObject({ x: { label: 'cycles' } });
  });

  it('says of what its areas are where they differ, and whether they count', () => {
    const front = (...points: Parameters<typeof reportedSweep>[0]) => reportedSweep(points).report.tables[0];
    const unlike = front(...based(['45 nm', '16 nm']));
    expect(unlike.columns.at(-1)).toMatchObject({ name: 'areaBasis', label: 'mm2 of' });
    expect(unlike.rows.map((row) => row.at(-1))).toEqual(['45 nm', '16 nm']);
    expect(unlike.notes[0]).toMatch(/time and less energy; area does not count/);
    const alike = front(...based(['45 nm', '45 nm']));
    expect(alike.columns.map(({ name }) => name)).not.toContain('areaBasis');
    expect(alike.notes).toEqual(['No other point of the same workload takes less time, less energy and less area.']);
    const both = front(...based(['45 nm', '16 nm']), ...based(['45 nm', '45 nm'], 'resnet20'));
    expect(both.notes[0]).toContain('less area (in 1 of 2 workloads;');
  });
});
