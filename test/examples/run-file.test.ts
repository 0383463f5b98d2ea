import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRunConfig } from 'tfjs-sparsity/callbacks';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { commandLine, parseOptions } from '../../examples/lib/command-line.js';
import { methodOf } from '../../examples/lib/methods.js';
import { mnistDefaults } from './defaults.js';

const dir = mkdtempSync(join(tmpdir(), 'run-file-'));
afterAll(() => rmSync(dir, { recursive: true }));

const parse = (...argv: string[]) => parseOptions(mnistDefaults, argv);

/** A file of a run. */
function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const run = file(
  'run.yaml',
  `
method: {name: gradual, finalSparsity: 0.7, endEpoch: 2}
policy: {exclude: conv1}
execution: dense
seed: 4
model: mlp
epochs: 3
batchSize: 16
optimizer: {name: momentum, learningRate: 0.1, momentum: 0.5}
accelerators: []
`,
);

describe('--config', () => {
  it('says what no flag says', async () => {
    expect(await parse('--config', run)).toMatchObject({
      config: run,
      ownMethod: { name: 'gradual', finalSparsity: 0.7, endEpoch: 2 },
      method: 'gradual',
      sparsity: 0.7,
      policy: { exclude: 'conv1' },
      execution: 'dense',
      seed: 4,
      model: 'mlp',
      epochs: 3,
      batchSize: 16,
      optimizer: { name: 'momentum', momentum: 0.5 },
      learningRate: 0.1,
      accelerators: [],
      data: 'digits',
    });
  });

  it('gives way to flags and shortcuts, wherever they stand', async () => {
    const flags = ['--model', 'lenet5', '--learning-rate', '0.3', '--accelerators', 'acf', '--execution', 'sparse'];
    const expected = { model: 'lenet5', learningRate: 0.3, accelerators: ['acf'], execution: 'sparse', seed: 4 };
    expect(await parse('--config', run, ...flags)).toMatchObject(expected);
    expect(await parse(...flags, '--config', run)).toMatchObject(expected);
    const short = file('short.yaml', 'method: {name: gradual, endEpoch: 1}\nepochs: 3\nbatchSize: 16');
    expect(await parse('--config', short, '--smoke')).toMatchObject({ epochs: 1, trainImages: 320, batchSize: 16 });
  });

  it('--sparsity changes the method of the file, --method takes its place', async () => {
    const sparser = await parse('--config', run, '--sparsity', '0.8');
    expect(sparser.ownMethod).toEqual({ name: 'gradual', finalSparsity: 0.8, endEpoch: 2 });
    const { label, method } = methodOf(sparser, { stepsPerEpoch: 10, totalSteps: 30 });
    expect([label, method?.schedule(20).sparsity, method?.config.endStep]).toEqual(['gradual 80 %', 0.8, 20]);
    const other = await parse('--config', run, '--method', 'bdwp');
    expect(other).toMatchObject({ method: 'bdwp', ownMethod: undefined, policy: { exclude: 'conv1' } });
    expect(methodOf(other, { stepsPerEpoch: 10, totalSteps: 30 }).label).toBe('bdwp 2:8');
    const dense = { ...sparser, method: 'dense' };
    expect(methodOf(dense, { stepsPerEpoch: 10, totalSteps: 30 })).toEqual({ label: 'dense', method: undefined });
  });

  it('is in the printed command with all that the file could say otherwise; pasted, it gives the same options', async () => {
    const bdwp = file('bdwp.json', '{"method": {"name": "bdwp", "m": 4}, "epochs": 9}');
    expect(commandLine(await parse('--config', bdwp, '--epochs', '5'), mnistDefaults)).toBe(
      `npm run example:mnist -- --config ${bdwp} --data digits --model lenet5 --epochs 5 --batch-size 32 --learning-rate 0.002 ` +
        '--seed 1 --execution sparse --accelerators acf,dense-array',
    );
    for (const argv of [['--sparsity', '0.8'], ['--method', 'gradual'], ['--epochs', '5', '--seed', '1'], []]) {
      const options = await parse('--config', run, ...argv);
      expect(await parse(...commandLine(options, mnistDefaults).split(' ').slice(4))).toEqual(options);
    }
  });

  it.each([
    [
      ['--config', file('typo.yaml', 'epocs: 3\nmethod: gradul')],
      /typo\.yaml:1:1 epocs: .*Did you mean epochs\.\n.*typo\.yaml:2:9 method\.name: .*Did you mean .*gradual/,
    ],
    [
      ['--config', file('model.yaml', 'model: lenet')],
      /model\.yaml:1:1 model: got lenet, expected one of mlp, lenet5, .*Did you mean lenet5/,
    ],
    [['--config', file('data.yaml', 'data: mnits')], /data\.yaml:1:1 data: got mnits, expected one of digits, mnist/],
    [['--config', join(dir, 'none.yaml')], /^--config: got .*none\.yaml \(ENOENT.*\), expected a file that can be read\./],
    [['--config', dir], /^--config: got .* \(EISDIR.*\), expected a file that can be read\./],
    [
      ['--config', file('nm.yaml', 'method: bdwp'), '--sparsity', '0.5'],
      /^--sparsity: got 0\.5, expected none, or one that bdwp of .*: it says 0\.75\./,
    ],
    [['--config', run, '--epochs', '1'], /^--epochs: got 1, expected at least 2, the endEpoch of the method in .*run\.yaml\./],
    [['--config', run, '--smoke'], /^--epochs: got 1, expected at least 2, .* without --smoke/],
    [
      ['--config', file('long.yaml', 'method: {name: gradual, endEpoch: 6}')],
      /^--epochs: got 5, expected at least 6, the endEpoch of the method in .*long\.yaml\./,
    ],
    [
      ['--config', file('parts.yaml', "method: {name: per-layer, methods: {'*': {name: gradual, endEpoch: 7}}}")],
      /^--epochs: got 5, expected at least 7, the endEpoch of the method in .*parts\.yaml\./,
    ],
    [
      ['--config', file('ramp.yaml', 'method: {name: gradual, schedule: {name: polynomial, finalSparsity: 0.9, endEpoch: 8}}')],
      /^--epochs: got 5, expected at least 8, the endEpoch of the method in .*ramp\.yaml\./,
    ],
    [['--config', run, '--sparsity', '5'], /^--sparsity: got 5, expected a number in \[0, 1\)/],
    [['--config'], /^Not enough arguments following: config\. See --help/],
  ])('refuses %j with one message and exit code 2', async (argv, message) => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    await expect(parse(...argv)).rejects.toThrow('exit 2');
    expect(said.mock.calls[0]?.[0]).toMatch(message);
    said.mockRestore();
    exit.mockRestore();
  });
});

describe('examples/configs', () => {
  const configs = new URL('../../examples/configs/', import.meta.url);
  it.each(readdirSync(configs))('%s is a run of the examples, and says how it is started', async (name) => {
    const text = readFileSync(new URL(name, configs), 'utf8');
    expect(parseRunConfig(text, { file: name }).method).toBeDefined();
    expect(text.split('\n')[0]).toBe(`# npm run example:mnist -- --config examples/configs/${name}`);
  });
});
