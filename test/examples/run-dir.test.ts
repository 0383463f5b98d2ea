import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../../examples/lib/command-line.js';
import { readJson, writeJson } from '../../examples/lib/json-file.js';
import { finishRunFolder, newRunFolder, unfinishedRunFolder } from '../../examples/lib/run-dir.js';
import { mnistDefaults } from './defaults.js';

const dir = mkdtempSync(join(tmpdir(), 'run-dir-'));
afterAll(() => rmSync(dir, { recursive: true }));
let folders = 0;
const fresh = () => join(dir, `runs-${++folders}`);
const options = (runDir: string, ...flags: string[]) => parseOptions(mnistDefaults, ['--run-dir', runDir, ...flags]);

describe('run folders', () => {
  it('are numbered, one per command, and hold its options', async () => {
    const runDir = fresh();
    expect(await newRunFolder(await options(runDir))).toBe(join(runDir, '1'));
    mkdirSync(join(runDir, '9'));
    writeFileSync(join(runDir, 'notes.txt'), '');
    expect(await newRunFolder(await options(runDir, '--epochs', '3'))).toBe(join(runDir, '10'));
    expect(readdirSync(join(runDir, '10'))).toEqual(['command.json']);
    expect(JSON.parse(readFileSync(join(runDir, '10/command.json'), 'utf8'))).toMatchObject({
      options: { epochs: 3, accelerators: ['acf', 'dense-array'] },
      finished: false,
    });
  });

  it('--resume takes the latest unfinished one, whatever --report and --target-accuracy say', async () => {
    const runDir = fresh();
    const [first, second, third] = [
      await newRunFolder(await options(runDir)),
      await newRunFolder(await options(runDir)),
      await newRunFolder(await options(runDir)),
    ];
    const resumed = await options(runDir, '--resume', '--report', 'a.html', '--target-accuracy', '0.5');
    expect(await unfinishedRunFolder(resumed, mnistDefaults)).toBe(third);
    await finishRunFolder(third);
    expect(await unfinishedRunFolder(resumed, mnistDefaults)).toBe(second);
    await finishRunFolder(second);
    await finishRunFolder(first);
    await expect(unfinishedRunFolder(resumed, mnistDefaults)).rejects.toThrow(`--resume: got no unfinished run in ${runDir}`);
  });

  it('other options are listed, with the command that resumes the stored run', async () => {
    const runDir = fresh();
    await newRunFolder(await options(runDir, '--train-images', '64', '--accelerators', 'none', '--compare'));
    const resumed = await options(runDir, '--resume', '--model', 'mlp', '--compare', '--report', 'a.html');
    const message = await unfinishedRunFolder(resumed, mnistDefaults).catch((error: Error) => error.message);
    expect(message).toContain(
      '--train-images none (stored: 64), --model mlp (stored: lenet5), --accelerators acf,dense-array (stored: none)',
    );
    expect(message).not.toMatch(/--compare (true|false)|--seed/);
    expect(message).toContain(
      `\`npm run example:mnist -- --train-images 64 --compare --accelerators none --run-dir ${runDir} --resume --report a.html\``,
    );
  });

  it('a run that has none to resume is told so, even without the folder', async () => {
    const runDir = fresh();
    await expect(unfinishedRunFolder(await options(runDir, '--resume'), mnistDefaults)).rejects.toThrow('no unfinished run');
    expect(existsSync(runDir)).toBe(false);
  });
});

describe('JSON files', () => {
  it('give back what was written, NaN and infinities too', async () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity));
    const row = fc.record({ name: fc.constantFrom('a', 'b'), value }, { noNullPrototype: true });
    const path = join(dir, 'law.json');
    await fc.assert(
      fc.asyncProperty(fc.array(row), async (data) => {
        await writeJson(path, data);
        // JSON has one zero.
        expect(await readJson(path)).toEqual(data.map((one) => ({ ...one, value: one.value + 0 })));
      }),
      { numRuns: 50 },
    );
    expect(readdirSync(dir)).not.toContain('law.json.tmp');
  });

  it('a missing one is undefined, a damaged one is named', async () => {
    expect(await readJson(join(dir, 'missing.json'))).toBeUndefined();
    writeFileSync(join(dir, 'torn.json'), '{"a": 1');
    await expect(readJson(join(dir, 'torn.json'))).rejects.toThrow(/file .*torn\.json: got .*JSON/);
  });
});
