import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

// The examples as a user runs them: built, in a process of their own.
const root = fileURLToPath(new URL('../..', import.meta.url));
const script = join(root, 'build/examples/mnist.js');
const configs = join(root, 'examples/configs');
const dir = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(dir, { recursive: true }));

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

// Native TensorFlow logs to stderr, and its products differ from run to run: wasm, unless a test says otherwise.
const argvOf = (flags: readonly string[]) => [script, ...(flags.includes('--backend') ? [] : ['--backend', 'wasm']), ...flags];

function runIn(folder: string, ...flags: string[]): Promise<Ended> {
  mkdirSync(join(dir, folder), { recursive: true });
  const options = { cwd: join(dir, folder), timeout: 120_000 };
  return new Promise((done) => {
    const child = execFile('node', argvOf(flags), options, (_, out, err) => done({ status: child.exitCode ?? -1, out, err }));
  });
}

const run = (...flags: string[]) => runIn('.', ...flags);
const tiny = ['--train-images', '128', '--epochs', '1', '--model', 'mlp'];
const quick = [...tiny, '--accelerators', 'none'];
const read = (path: string) => readFileSync(join(dir, path), 'utf8');

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), content);
}

/** Sends Ctrl-C once the log at `path` has grown; ends with the status and what was on stderr. */
async function interrupt(folder: string, log: string, flags: readonly string[]): Promise<Omit<Ended, 'out'>> {
  mkdirSync(join(dir, folder), { recursive: true });
  const child = spawn('node', argvOf(flags), { cwd: join(dir, folder) });
  let err = '';
  child.stderr.on('data', (text) => {
    err += text;
  });
  child.stdout.resume();
  const ended = new Promise<number>((done) => child.on('close', done));
  const path = join(folder, log);
  while (!(existsSync(join(dir, path)) && read(path).split('\n').length > 10)) {
    if (child.exitCode !== null) throw new Error(`ended before Ctrl-C: ${err}`);
    await new Promise((done) => setTimeout(done, 5));
  }
  child.kill('SIGINT');
  return { status: await ended, err };
}

describe.concurrent('the mnist example', { timeout: 180_000 }, () => {
  it('smoke: tables within 80 columns; model, log, checkpoint, events and report', async () => {
    const { status, out, err } = await run('--smoke', '--run-dir', 'smoke', '--report', 'pages/report.html');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/Loss = \d\.\d{4}; Accuracy = \d\.\d{4}/);
    expect(out).toContain('modelled cycles');
    const tooWide = out.split('\n').filter((line) => line.length > 80 && !line.startsWith('backend'));
    expect(tooWide).toEqual([]);
    expect(readdirSync(join(dir, 'smoke/1'))).toEqual(['command.json', 'gradual']);
    const files = readdirSync(join(dir, 'smoke/1/gradual'));
    expect(files).toEqual(
      expect.arrayContaining([
        'run.jsonl',
        'result.json',
        'model',
        expect.stringMatching(/^checkpoint-/),
        expect.stringMatching(/tfevents/),
      ]),
    );
    const page = read('pages/report.html');
    expect(page).toContain('<svg');
    expect(page).toContain(
      'npm run example:mnist -- --train-images 320 --epochs 1 --backend wasm --run-dir smoke --report pages/report.html<',
    );
  });

  it('chooses the native backend where it is built, else wasm, and says so', async () => {
    const { status, out } = await run(...quick, '--run-dir', 'auto', '--backend', 'auto', '--execution', 'dense');
    expect(status).toBe(0);
    expect(out).toMatch(/^backend (tensorflow|wasm, .*tensorflow did not load)/);
  });

  it('more --images than a batch has are all of them', async () => {
    const flags = [...tiny, '--accelerators', 'dense-array'];
    const [all, more] = await Promise.all([
      run(...flags, '--run-dir', 'all'),
      run(...flags, '--run-dir', 'more', '--images', '99'),
    ]);
    expect(more.status).toBe(0);
    const cost = (out: string) => out.slice(out.indexOf('modelled cycles'), out.indexOf('Loss'));
    expect(cost(more.out)).toBe(cost(all.out));
  });

  it('Ctrl-C leaves a run that --resume ends, with the page of an uninterrupted one', async () => {
    const flags = ['--model', 'mlp', '--train-images', '640', '--epochs', '2', '--accelerators', 'none'];
    const all = [...flags, '--compare', '--report', 'page.html'];
    const log = 'runs/mnist/1/gradual/run.jsonl';
    const [stopped, whole] = await Promise.all([interrupt('stopped', log, all), runIn('whole', ...all)]);
    expect(stopped.status).toBe(130);
    expect(stopped.err).toContain('\n  npm run example:mnist -- --train-images 640 --model mlp --epochs 2');
    const { mtimeMs } = statSync(join(dir, 'stopped/runs/mnist/1/dense/run.jsonl'));

    const other = await runIn('stopped', ...all, '--seed', '2', '--resume');
    expect(other.err).toMatch(/options to resume runs\/mnist\/1: got --seed 2 \(stored: 1\)/);
    const resumed = await runIn('stopped', ...all, '--resume');
    expect(resumed.out).toMatch(/dense was trained before/);
    expect(resumed.out).toMatch(/resumed after step \d+ of 40/);
    expect(statSync(join(dir, 'stopped/runs/mnist/1/dense/run.jsonl')).mtimeMs).toBe(mtimeMs);
    const table = (out: string) => out.slice(out.indexOf('\nrun ')).replace(/( +\d+\.\d s)+$/gm, '');
    expect(table(resumed.out)).toBe(table(whole.out));
    expect(read('stopped/page.html')).toBe(read('whole/page.html'));
  });

  it.each(readdirSync(configs))('--config %s: trains, and logs what was in effect', async (name) => {
    const config = join(configs, name);
    const flags = ['--config', config, '--train-images', '128', '--epochs', '2', '--accelerators', 'none', '--run-dir', name];
    const { status, out, err } = await run(...flags, '--report', join(name, 'page.html'));
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const [method] = readdirSync(join(dir, name, '1')).filter((entry) => entry !== 'command.json') as [string];
    const logged = JSON.parse(read(join(name, '1', method, 'run.jsonl')).split('\n')[0]).config;
    const { endEpoch, endStep } = { ...logged.ownMethod, ...logged.effectiveMethod };
    expect(logged).toMatchObject({ config, epochs: 2, method, effectiveMethod: { name: method } });
    // Four steps an epoch.
    if (endEpoch !== undefined) expect(endStep).toBe(4 * endEpoch);
    expect(read(join(name, 'page.html'))).toMatch(/npm run example:mnist -- --config [^<]* --epochs 2 /);
    if (logged.policy) expect(out).toMatch(/\nlayer {2}prunable\n(.*\n)*conv1 {2}no, Conv2D: its kernel has 150 weights/);
  });

  it('a resumed run has the method, the policy and the optimizer of its file', async () => {
    const text = 'method: {name: gradual, endEpoch: 1}\nmodel: mlp\noptimizer: {name: momentum, learningRate: 0.1}\n';
    write('changing.yaml', text);
    const flags = ['--config', 'changing.yaml', '--train-images', '640', '--epochs', '2', '--accelerators', 'none'];
    await interrupt('.', 'changed/1/gradual/run.jsonl', [...flags, '--run-dir', 'changed']);
    write('changing.yaml', `${text.replace('endEpoch: 1', 'endEpoch: 2')}policy: {skipLast: true}\n`);
    const other = await run(...flags, '--run-dir', 'changed', '--resume');
    expect(other.err).toMatch(/got .*method of --config \{.*"endEpoch":2\} \(stored: .*"endEpoch":1\}\)/);
    expect(other.err).toMatch(/policy of --config \{"skipLast":true\} \(stored: none\)/);
    write('changing.yaml', text);
    expect((await run(...flags, '--run-dir', 'changed', '--resume')).out).toMatch(/resumed after step \d+ of 40/);
  });

  it('a page that cannot be written loses nothing: --resume writes it without training', async () => {
    write('plain', '');
    const flags = [...quick, '--run-dir', 'kept'];
    const failed = await run(...flags, '--report', 'plain/page.html');
    expect(failed.status).toBe(1);
    expect(failed.err).toMatch(/^--report: got plain\/page.html \(.*\), expected a file that can be written\. .*--resume.*\n$/);
    const resumed = await run(...flags, '--report', 'page.html', '--resume');
    expect(resumed.out).toMatch(/gradual was trained before/);
    expect(read('page.html')).toContain('<svg');
  });
});

// A header of `shape` and so many zero bytes behind it.
const idx = (shape: readonly number[], bytes: number) =>
  Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, size >> 8, size & 255]), ...new Uint8Array(bytes)]);
write('cut/train-images-idx3-ubyte', idx([3, 28, 28], 1000));
write('cut/train-labels-idx1-ubyte', idx([3], 3));
write('magic/train-images-idx3-ubyte', 'PK\u0003\u0004 and so on');
write('magic/train-labels-idx1-ubyte', idx([3], 3));
write('cut/data_batch_1.bin', new Uint8Array(3000));
write('cut/test_batch.bin', new Uint8Array(3073));
write('field.yaml', 'kind: acf\nname: mine\nrows: -4\n');
write('syntax.yaml', '{kind: acf');
write('twin.yaml', '{kind: denseArray, name: acf}');
write('file', '');
write('run.yaml', 'method:\n  endstep: 9\n  name: gradual\n');

describe.concurrent('bad input: one clear message, no stack, a non-zero exit', () => {
  it.each([
    ['an unknown flag', ['--epoch', '3'], 2, /^Unknown argument: epoch\. See --help/],
    ['a flag without its value', ['--epochs'], 2, /^Not enough arguments following: epochs\. See --help/],
    ['an unknown model', ['--model', 'lenet'], 2, /Given: "lenet", Choices: .*"lenet5"/],
    ['a sparsity of 1', ['--sparsity', '1'], 2, /^--sparsity: got 1, expected a number in \[0, 1\)/],
    ['a sparsity below 0', ['--sparsity', '-0.1'], 2, /^--sparsity: got -0.1, expected a number in \[0, 1\)/],
    ['text for a number', ['--epochs', 'abc'], 2, /^--epochs: got no number, expected a positive integer/],
    ['a missing file of a run', ['--config', 'nowhere.yaml'], 2, /^--config: got nowhere\.yaml \(ENOENT/],
    ['a wrong file of a run', ['--config', 'run.yaml'], 2, /^run\.yaml:2:3 method\.endstep: .*Did you mean endStep/],
    ['a missing data folder', ['--data', 'mnist', '--data-dir', 'nowhere'], 1, /nowhere, which is no folder/],
    ['a folder without the files', ['--data', 'mnist', '--data-dir', '.'], 1, /no train-images-idx3-ubyte/],
    [
      'a truncated idx file',
      ['--data', 'mnist', '--data-dir', 'cut'],
      1,
      /cut\/train-images-idx3-ubyte: got 1000 data bytes .*expected 2352/,
    ],
    ['another format', ['--data', 'mnist', '--data-dir', 'magic'], 1, /magic\/train-images-idx3-ubyte: got header 504b0304/],
    [
      'a truncated CIFAR file',
      ['--data', 'cifar10', '--data-dir', 'cut'],
      1,
      /cut\/data_batch_1.bin: got 3000 bytes .*a multiple of 3073/,
    ],
    ['an unknown accelerator', ['--accelerators', 'acff'], 1, /accelerator: got acff, expected .*Did you mean acf\./],
    ['a missing preset file', ['--accelerators', 'nowhere.yaml'], 1, /^preset file: got nowhere\.yaml \(ENOENT/],
    ['a preset that is no YAML', ['--accelerators', 'syntax.yaml'], 1, /^syntax\.yaml:1:\d+: got .*Check quotes/],
    ['a wrong field of a preset', ['--accelerators', 'field.yaml'], 1, /^field\.yaml:3:1 rows: got -4, expected .*at least 1/],
    ['two accelerators of one name', ['--accelerators', 'acf,twin.yaml'], 1, /^hardwareCost\.accelerators: got names acf, acf/],
    ['a --run-dir that cannot be', ['--run-dir', '/proc/none/run'], 1, /^--run-dir: got \/proc\/none\/run \(ENOENT/],
    ['a file at the place of --run-dir', ['--run-dir', 'file'], 1, /^--run-dir: got file \(.*Pass another one/],
    ['nothing to resume', ['--run-dir', 'file', '--resume'], 1, /^--resume: got no unfinished run in file/],
  ])('%s', async (_, flags, status, message) => {
    const result = await run(...quick, ...flags);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n {4}at /);
    expect(result.err.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect(result.status).toBe(status);
    expect(existsSync(join(dir, 'runs'))).toBe(false);
  });

  it('an accuracy below the target', async () => {
    const { status, err } = await run(...quick, '--run-dir', 'target', '--target-accuracy', '0.99');
    expect({ status, err }).toEqual({
      status: 1,
      err: expect.stringMatching(/^test accuracy .* is below the target of 99.00 %\n$/),
    });
  });
});
