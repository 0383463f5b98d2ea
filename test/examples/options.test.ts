import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, parseOptions } from '../../examples/lib/command-line.js';
import { mnistDefaults } from './defaults.js';

const parse = (...argv: string[]) => parseOptions(mnistDefaults, argv);
const printed = async (...argv: string[]) => commandLine(await parse(...argv), mnistDefaults);

/** The words of a command line, as a shell splits it. */
function words(command: string): string[] {
  const out = execFileSync('sh', ['-c', `for word in ${command}; do printf '%s\\n' "$word"; done`], { encoding: 'utf8' });
  return out.split('\n').slice(0, -1);
}

describe('the printed command', () => {
  it('names what differs from the defaults, and nothing else', async () => {
    expect(await printed()).toBe('npm run example:mnist');
    expect(await printed('--epochs', '5', '--model', 'lenet5', '--accelerators', 'acf,dense-array')).toBe(
      'npm run example:mnist',
    );
    expect(await printed('--accelerators', 'none', '--data-dir', "my son's data", '--every=4')).toBe(
      "npm run example:mnist -- --data-dir 'my son'\\''s data' --accelerators none --every 4",
    );
    expect(await printed('--smoke')).toBe('npm run example:mnist -- --train-images 320 --epochs 1');
    expect(await printed('--demo')).toBe('npm run example:mnist -- --compare --every 4 --report report.html');
  });

  it('law: pasted into a shell, it gives the same options', async () => {
    const path = fc.string({ unit: fc.constantFrom(..."ab/. '$*\\"), minLength: 1 }).map((text) => `x${text}`);
    const count = fc.integer({ min: 1, max: 1e6 }).map(String);
    const flags = fc.record(
      {
        data: fc.constantFrom('digits', 'mnist', 'fashion-mnist'),
        'data-dir': path,
        'train-images': count,
        model: fc.constantFrom('lenet5', 'mlp'),
        method: fc.constantFrom('dense', 'gradual', 'hardware-aware', 'bdwp'),
        sparsity: fc.double({ min: 0, max: 0.999, noNaN: true }).map(String),
        epochs: count,
        'batch-size': count,
        'learning-rate': fc.double({ min: 1e-9, max: 10, noNaN: true }).map(String),
        accelerators: fc.constantFrom('none', 'acf', 'acf,mine.yaml', 'acf,dense-array'),
        every: count,
        images: count,
        backend: fc.constantFrom('auto', 'wasm', 'tensorflow', 'cpu'),
        'run-dir': path,
        seed: fc.integer().map(String),
        report: path,
        'target-accuracy': fc.double({ min: 0, max: 1, noNaN: true }).map(String),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const switches = fc.subarray(['--resume', '--compare', '--smoke', '--demo']);
    await fc.assert(
      fc.asyncProperty(flags, switches, async (given, on) => {
        const options = await parse(...on, ...Object.entries(given).map(([name, value]) => `--${name}=${value}`));
        const [npm, run, script, dashes, ...argv] = words(commandLine(options, mnistDefaults));
        expect([npm, run, script, dashes ?? '--']).toEqual(['npm', 'run', 'example:mnist', '--']);
        expect(await parse(...argv)).toEqual(options);
      }),
      { numRuns: 60 },
    );
  });
});

describe('flags', () => {
  it('given beside a shortcut count, wherever they stand, and the last one wins', async () => {
    expect(await parse('--epochs', '3', '--smoke')).toMatchObject({ epochs: 3, trainImages: 320 });
    expect(await parse('--demo', '--model', 'mlp', '--no-compare')).toMatchObject({ model: 'mlp', compare: false });
    expect(await parse('--epochs', '3', '--epochs', '4')).toMatchObject({ epochs: 4 });
  });

  it('an accelerator named twice is one', async () => {
    expect((await parse('--accelerators', 'acf,,acf')).accelerators).toEqual(['acf']);
  });
});
