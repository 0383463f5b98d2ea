import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

// The examples as a user runs them: built, in a process of their own.
const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'build/examples/mnist.js');
const dir = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(dir, { recursive: true }));

// Native TensorFlow logs to stderr, and its products differ from run to run: wasm, unless a test says otherwise.
function run(...args: string[]): { status: number | null; out: string; err: string } {
  const argv = [script, ...(args.includes('--backend') ? [] : ['--backend', 'wasm']), ...args];
  const { status, stdout, stderr } = spawnSync('node', argv, { cwd: dir, encoding: 'utf8', timeout: 120_000 });
  return { status, out: stdout, err: stderr };
}

const preset = (text: string) => {
  writeFileSync(join(dir, 'bad.yaml'), text);
  return ['--smoke', '--accelerators', 'bad.yaml'];
};

describe('the mnist example', () => {
  it('smoke: trains, prints the tables within 80 columns, saves model, log, checkpoint, events and report', () => {
    const { status, out, err } = run('--smoke', '--run-dir', 'smoke', '--report', 'report.html');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/Loss = \d\.\d{4}; Accuracy = \d\.\d{4}/);
    expect(out).toContain('modelled cycles');
    const tooWide = out.split('\n').filter((line) => line.length > 80 && !line.startsWith('backend'));
    expect(tooWide).toEqual([]);
    const files = readdirSync(join(dir, 'smoke/1/gradual'));
    expect(files).toEqual(
      expect.arrayContaining(['run.jsonl', 'model', expect.stringMatching(/^checkpoint-/), expect.stringMatching(/tfevents/)]),
    );
    expect(readFileSync(join(dir, 'report.html'), 'utf8')).toContain('<svg');
  });

  it('chooses the native backend where it is built, else wasm, and says so', () => {
    const { status, out } = run('--smoke', '--accelerators', 'none', '--run-dir', 'auto', '--backend', 'auto');
    expect(status).toBe(0);
    expect(out).toMatch(/^backend (tensorflow|wasm, .*tensorflow did not load)/);
  });

  it('the same seed gives the same report bytes', () => {
    const report = () => readFileSync(join(dir, 'report.html'), 'utf8');
    const before = report();
    rmSync(join(dir, 'report.html'));
    run('--smoke', '--run-dir', 'smoke', '--report', 'report.html');
    expect(report()).toBe(before);
  });

  it.each([
    ['an unknown flag', ['--epoch', '3'], 2, /Unknown argument: epoch/],
    ['an unknown model', ['--model', 'lenet'], 2, /Invalid values|Given: "lenet"/],
    ['a sparsity of 1.2', ['--sparsity', '1.2'], 2, /--sparsity: got 1.2, expected a number in \[0, 1\)/],
    ['zero epochs', ['--epochs', '0'], 2, /--epochs: got 0/],
    ['a batch size that is no number', ['--batch-size', 'many'], 2, /--batch-size: got no number/],
    ['a missing data folder', ['--data', 'mnist', '--data-dir', 'nowhere'], 1, /nowhere, which does not exist/],
    ['a folder without the files', ['--data', 'mnist', '--data-dir', '.'], 1, /no train-images-idx3-ubyte/],
    ['an unknown accelerator', ['--smoke', '--accelerators', 'acff'], 1, /acff.*acf/],
    ['a preset that is no YAML', preset('{kind: acf'), 1, /bad\.yaml:1:\d+/],
    ['an unwritable run folder', ['--smoke', '--run-dir', '/dev/null/x'], 1, /\/dev\/null\/x/],
    [
      'an accuracy below the target',
      ['--smoke', '--target-accuracy', '0.99', '--run-dir', 'target'],
      1,
      /below the target of 99.00 %/,
    ],
  ])('%s: one clear message and a non-zero exit', (_, args, status, message) => {
    const result = run(...args);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n {4}at /);
    expect(result.status).toBe(status);
  });

  it('a preset field out of range is named with file, line and field', () => {
    const result = run(...preset('kind: acf\nname: mine\nrows: -4\n'));
    expect(result.err).toMatch(/bad\.yaml:3:1 rows/);
    expect(result.status).toBe(1);
  });

  it('Ctrl-C leaves a run that --resume ends, with the result of an uninterrupted one', async () => {
    const args = ['--train-images', '1280', '--epochs', '2', '--accelerators', 'none', '--seed', '5'];
    const child = spawn('node', [script, '--backend', 'wasm', ...args, '--run-dir', 'stopped'], { cwd: dir });
    const log = join(dir, 'stopped/1/gradual/run.jsonl');
    while (!(existsSync(log) && readFileSync(log, 'utf8').split('\n').length > 10))
      await new Promise((done) => setTimeout(done, 10));
    child.kill('SIGINT');
    const status = await new Promise((done) => child.on('exit', done));
    expect(status).toBe(130);
    const resumed = run(...args, '--run-dir', 'stopped', '--resume');
    expect(resumed.out).toMatch(/resumed after step \d+ of 80/);
    const last = (out: string) => /Loss = .*/.exec(out)?.[0];
    expect(last(resumed.out)).toBe(last(run(...args, '--run-dir', 'whole').out));
  });
});
