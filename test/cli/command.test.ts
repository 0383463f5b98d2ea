import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RunRecorder } from '../../src/callbacks/run-recorder.js';
import { acf, denseArray } from '../../src/hw/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { stepJobs } from './support/step-jobs.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  expect(existsSync(main), 'dist is built: npm run build').toBe(true);
  const { status, stdout, stderr } = spawnSync('node', [main, ...args], { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout, stderr };
}

describe('the command', () => {
  it('runs a sweep on two threads, finds it done the second time, and makes a page and a table of it', async () => {
    const dir = await temporaryDirectory();
    const out = join(dir, 'sweep.jsonl');
    const args = [
      'sweep',
      '--network',
      'lenet5',
      '--batch',
      '4',
      '-a',
      'dense-array',
      '--vary',
      'rows=8,16',
      '--vary',
      'cols=8:32:8',
    ];
    const first = run(...args, '--workers', '2', '--out', out);
    expect(first.stderr).toContain('8 of 8 points');
    expect(first.stdout).toContain(`${out}: 8 points\n`);
    expect(readFileSync(out, 'utf8').trim().split('\n').length).toBe(8);
    expect(run(...args, '--out', out).stdout).toContain('8 points, 8 of them found there');
    const files = ['sweep.html', 'sweep.parquet', 'sweep.svg', 'sweep.md'].map((name) => join(dir, name));
    expect(run('report', out, ...files.flatMap((file) => ['--out', file]))).toEqual({ status: 0, stdout: '', stderr: '' });
    for (const file of files) expect(readFileSync(file).length).toBeGreaterThan(400);
  });

  it('reports the parts of a sweep of which one was dealt no point, and says which', async () => {
    const dir = await temporaryDirectory();
    const parts = ['1/3', '2/3', '3/3'].map((shard) => {
      const out = join(dir, `${shard[0]}.jsonl`);
      const args = ['sweep', '--network', 'lenet5', '--batch', '1', '-a', 'dense-array', '--workers', '1', '--out', out];
      expect(run(...args, '--shard', shard)).toMatchObject({ status: 0 });
      return out;
    });
    const empty = parts.filter((part) => readFileSync(part).length === 0);
    expect(empty.length).toBe(2);
    const { status, stdout, stderr } = run('report', ...parts);
    expect(status).toBe(0);
    expect(stdout).toContain('Sweep of 1 point, modelled');
    expect(stderr).toBe(empty.map((part) => `${part}: no whole line; a part of a small sweep may have no point\n`).join(''));
    expect(run('report', ...empty)).toMatchObject({ status: 1, stderr: expect.stringContaining('got no whole line') });
  });

  it('stops a sweep on Ctrl-C behind whole lines, and says how many points are missing', async () => {
    const out = join(await temporaryDirectory(), 'sweep.jsonl');
    const vary = ['--vary', 'rows=4:64:4', '--vary', 'cols=8,16,32,64'];
    const args = ['sweep', '--network', 'resnet20', '--batch', '4', ...vary, '--workers', '1', '--out', out];
    const sweep = spawn('node', [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    sweep.stderr.on('data', (text) => {
      said += text;
      if (said.endsWith('of 64 points\n')) sweep.kill('SIGINT');
    });
    const [code] = await once(sweep, 'close');
    const lines = readFileSync(out, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.length).toBeGreaterThan(0);
    expect(code).toBe(130);
    expect(said).toContain(`stopped; ${64 - lines.length} points are missing`);
  });

  it('counts a record that grows as far as it had grown when the command began, on every thread', async () => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const jobs = stepJobs(3);
    const settings = { every: 1, offset: 0, images: null, layers: ['frozen', 'last'] };
    const recorder = await RunRecorder.open(path, 0, settings);
    await recorder.append(jobs[0]);
    const from = <T>(file: string): Promise<T> => import(fileURLToPath(new URL(`../../dist/cli/${file}`, import.meta.url)));
    const { loadSteps } = await from<typeof import('../../src/cli/workload/load-steps.js')>('workload/load-steps.js');
    const { simulate } = await from<typeof import('../../src/cli/simulation/simulation.js')>('simulation/simulation.js');
    await loadSteps({ run: path });
    for (const job of jobs.slice(1)) await recorder.append(job);
    await recorder.close();
    const specs = [acf().spec, denseArray().spec];
    const [one, two] = [await simulate({ run: path }, specs, 1), await simulate({ run: path }, specs, 2)];
    expect(two).toEqual(one);
    expect(two.report.sample.steps).toBe(1);
    expect(two.report.series.length).toBe(1);
  });

  it('prints JSON and nothing else when asked to, whatever the number of threads', () => {
    const args = ['compare', 'lenet5', '--batch', '2', '-a', 'acf', '--json'];
    const [one, two] = ['1', '2'].map((workers) => run(...args, '--workers', workers));
    expect(one).toMatchObject({ status: 0, stderr: '' });
    expect(two.stdout).toBe(one.stdout);
    const { report } = JSON.parse(one.stdout);
    expect(report.accelerators.map(({ name }: { name: string }) => name)).toEqual(['dense-array', 'acf']);
  });

  it('ends a sweep without any costs with code 1', async () => {
    const dir = await temporaryDirectory();
    const record = join(dir, 'run.maps');
    writeFileSync(record, 'no record');
    const { status, stdout } = run('sweep', '--run', record, '--out', join(dir, 'sweep.jsonl'));
    expect(stdout).toContain('1 point without costs; the first:');
    expect(status).toBe(1);
  });

  it('writes its files also for a reader that has seen enough', async () => {
    const out = join(await temporaryDirectory(), 'result.json');
    const args = ['simulate', 'lenet5', '--batch', '1', '--workers', '1', '--json', '--out', out];
    const simulation = spawn('node', [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    simulation.stdout.destroy();
    expect(await once(simulation, 'close')).toEqual([0, null]);
    expect(JSON.parse(readFileSync(out, 'utf8')).kind).toBe('simulation');
  });

  it('refuses a comparison in which another accelerator has the name of the baseline', async () => {
    const spec = join(await temporaryDirectory(), 'own.yaml');
    writeFileSync(spec, 'kind: acf\nname: dense-array\n');
    const { status, stderr } = run('compare', 'lenet5', '--batch', '1', '-a', spec);
    expect(stderr).toMatch(/^--accelerators: got dense-array twice, expected different names/);
    expect(status).toBe(1);
  });

  it('stands an estimator that is named alone beside the dense array', () => {
    const { status, stdout } = run('simulate', 'lenet5', '--batch', '1', '-a', 'a100-fp16', '--workers', '1');
    expect(status).toBe(0);
    expect(stdout).toMatch(/Time and energy, modelled\n.*\ndense-array .*\na100-fp16 /);
  });

  it('takes accelerators in one flag or in several', () => {
    const of = (...flags: readonly string[]) => run('simulate', 'lenet5', '--batch', '1', ...flags, '--workers', '1', '--json');
    const several = of('-a', 'acf', '-a', 'dense-array');
    expect(several).toEqual(of('-a', 'acf,dense-array'));
    expect(several.status).toBe(0);
  });

  it('finds the claims of a paper again, and writes them as text, JSON and pages', async () => {
    const out = await temporaryDirectory();
    const args = ['reproduce', '--paper', '000', '--out', out];
    const text = run(...args);
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toContain('Adaptive Compute Fabric (000)');
    expect(text.stdout).toContain(`written to ${out}: claims.md, claims.json, 0 charts`);
    expect(run(...args, '--json').stdout).toBe(readFileSync(join(out, 'claims.json'), 'utf8'));
  });

  it('has the claims of every paper in the package, and nothing that only building needs', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
    const [{ files }] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
    const paths = files.map(({ path }) => path);
    for (const paper of ['000', '001', '002', '003']) expect(paths).toContain(`src/cli/reproduce/claims/${paper}.yaml`);
    expect(paths.filter((path) => /tsbuildinfo|\.test\./.test(path))).toEqual([]);
  });

  it.each([
    [['reproduce', '--paper', '9'], 1, /^--paper: got 9, expected one of 000, 001, 002, 003/],
    [['reproduce'], 2, /^Missing required argument: paper/],
    [['reproduce', '--paper', '001', '--images', '0'], 1, /^--images: got 0, expected at least 1/],
    [['reproduce', '--paper', '002', '--networks', 'vgg11'], 1, /^--networks: got vgg11, expected all, none, or some of vgg19/],
    [['reproduce', '--paper', '000', '--networks', 'nosuch'], 1, /^--networks: got nosuch, expected all or none\. Leave it out/],
    [['reproduce', '--paper', '003', '--networks', 'all,nosuch'], 1, /^--networks: got nosuch, expected all or none/],
    [['reproduce', '--paper', '000', '--trained-run', 'a.maps'], 1, /^--trained-run: got a\.maps, expected nothing: only 001/],
    [['reproduce', '--paper', '001', '--trained-run', 'none.maps'], 1, /^none\.maps: got no such file, expected the record/],
    [['simulate', 'lenet5', '--wieght-sparsity', '0.5'], 2, /^Unknown argument wieght-sparsity: did you mean weight-sparsity/],
    [['simulat', 'lenet5'], 2, /^Unknown argument simulat: did you mean simulate/],
    [['simulate', 'lenet5', '--batch'], 2, /^Not enough arguments following: batch/],
    [['simulate', 'lenet6'], 1, /^network: got lenet6.*Did you mean lenet5/],
    [['sweep', '--network', 'lenet5', '--shard', '3/2'], 1, /^--shard: got 3\/2, expected i\/n with i from 1 to n/],
    [['sweep', '--network', 'lenet5', '--out', 'a.jsonl', '--out', 'b.jsonl'], 1, /^--out: got \[.*expected one file that ends/],
    [['simulate', 'lenet5', '--out', '/dev/null/a.json'], 1, /^writing \/dev\/null\/a\.json: got a file where a directory/],
    [
      ['allocate', 'lenet5', '--target', '0.5', '--out', '/dev/null/a.yaml'],
      1,
      /^writing \/dev\/null\/a\.yaml: got a file where/,
    ],
    [['reproduce', '--paper', '000', '--out', '/dev/null/a'], 1, /^writing \/dev\/null\/a\/claims\.md: got a file where/],
    [['report', 'none.jsonl', '--out', 'a.pdf'], 1, /^--out: got a\.pdf, expected a file that ends in \.json/],
  ])('ends %j with code %i and one message', (args, code, message) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBe(1);
  });
});
