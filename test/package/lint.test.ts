import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
// A house of the same rules beside the real one, so that a probe never lies among the sources.
const house = mkdtempSync(join(tmpdir(), 'lint-'));
afterAll(() => rmSync(house, { recursive: true }));

/** A source, where it lies (a folder stands for any file in it), and the rule that must refuse it, if any. */
type Probe = readonly [place: string, source: string, rule?: 'noRestrictedImports' | 'noNodejsModules' | 'plugin'];

const rooms = ['src/kernels', 'src/hw', 'src/pruning', 'src/ops', 'src/callbacks'];
const use = (from: string) => `import { x } from '${from}';\nexport const y = x;\n`;
const refuseImports = (place: string, ...from: string[]) => from.map((name): Probe => [place, use(name), 'noRestrictedImports']);
const allowImports = (place: string, ...from: string[]) => from.map((name): Probe => [place, use(name)]);
const nodeImports = [use('fs'), use('node:fs'), use('node:fs/promises'), "export * from 'path';\n", "await import('node:os');\n"];
const undetermined = ['Math.random()', 'Date.now()', 'new Date()', 'new Date().getTime()', 'Date()', '[1].map(Math.random)'];

const probes: readonly Probe[] = [
  ...refuseImports('src/kernels', '../hw/index.js', 'yaml'),
  ...refuseImports('src/hw', '../pruning/index.js', '../ops/index.js', '@tensorflow/tfjs'),
  ...refuseImports('src/hw/acf', '../../ops/index.js'),
  ...refuseImports('src/pruning', '../ops/index.js', '../callbacks/index.js', '@tensorflow/tfjs'),
  ...refuseImports('src/ops', '../callbacks/index.js', '@tensorflow/tfjs-node'),
  ...refuseImports('src/callbacks', 'cli-progress', '@tensorflow/tfjs-node'),
  ...refuseImports('src/cli', '../index.js', '@tensorflow/tfjs'),
  ...refuseImports('src/cli/commands', '../../index.js'),
  ...rooms.flatMap((room) => refuseImports(room, '../cli/main.js')),
  ...refuseImports('src/errors.ts', './hw/index.js'),
  ...refuseImports('src/rng.ts', './kernels/index.js'),
  ...refuseImports('src', './index.js', '@tensorflow/tfjs', 'tfjs-sparsity'),
  ...refuseImports('examples', '../src/ops/index.js'),
  ...refuseImports('bench', '../dist/ops/index.js'),
  // The package's own name and its root index lead to every room.
  ...rooms.flatMap((room) => refuseImports(room, 'tfjs-sparsity', 'tfjs-sparsity/callbacks', '../index.js')),
  ...rooms.flatMap((room) => refuseImports(`${room}/deep`, '../../index.js')),
  ...[...rooms, 'src'].flatMap((room) => nodeImports.map((source): Probe => [room, source, 'noNodejsModules'])),
  ...undetermined.map((call): Probe => ['src/hw', `export const y = ${call};\n`, 'plugin']),

  ...allowImports('src/kernels', './geometry.js', '../errors.js'),
  ...allowImports('src/hw', '../kernels/index.js', 'zod'),
  ...allowImports('src/hw/acf', '../energy/price.js', '../../rng.js'),
  ...allowImports('src/pruning/methods', '../../hw/index.js'),
  ...allowImports('src/ops', '../pruning/index.js', '@tensorflow/tfjs'),
  ...allowImports('src/callbacks', '../ops/index.js', '@tensorflow/tfjs', 'zod'),
  ...allowImports('src/cli', '../callbacks/cost-report.js', 'node:fs', 'yargs'),
  ...allowImports('src', './errors.js'),
  ...allowImports('src/index.ts', './callbacks/index.js'),
  ...allowImports('examples', 'tfjs-sparsity/ops', 'node:fs'),
  ['src/callbacks', "export type { Stats } from 'node:fs';\n"],
  ['src/hw', 'export const y = new Date(0);\n'],
  ['examples', 'export const y = Date.now();\n'],
];

const pathOf = (i: number) => (probes[i][0].endsWith('.ts') ? probes[i][0] : `${probes[i][0]}/probe-${i}.ts`);

/** What the linter says, by path. */
const complaints = new Map<string, string[]>();

beforeAll(() => {
  const rules = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  writeFileSync(join(house, 'biome.json'), JSON.stringify({ ...rules, vcs: { enabled: false } }));
  cpSync(join(root, 'scripts'), join(house, 'scripts'), { recursive: true });
  for (const [i, [, source]] of probes.entries()) {
    mkdirSync(dirname(join(house, pathOf(i))), { recursive: true });
    writeFileSync(join(house, pathOf(i)), source);
  }
  const biome = join(root, 'node_modules/.bin/biome');
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { diagnostics } = JSON.parse(spawnSync(biome, args, { cwd: house, encoding: 'utf8' }).stdout);
  for (const { severity, category, location } of diagnostics) {
    if (severity === 'error') complaints.set(location.path, [...(complaints.get(location.path) ?? []), category]);
  }
});

it.each(probes.map(([place, source, rule], i) => ({ place, source, rule, path: pathOf(i) })))(
  '$rule in $place: $source',
  ({ rule, path }) => {
    const said = complaints.get(path) ?? [];
    if (rule === undefined) expect(said).toEqual([]);
    else expect(said).toContainEqual(expect.stringMatching(new RegExp(`${rule}$`)));
  },
);
