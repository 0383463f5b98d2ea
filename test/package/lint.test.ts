import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

// A house of the same rules beside the real one, so that a probe never lies among the sources.
const house = mkdtempSync(join(tmpdir(), 'lint-'));
const rules = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
writeFileSync(join(house, 'biome.json'), JSON.stringify({ ...rules, vcs: { enabled: false } }));
cpSync(join(root, 'scripts/deterministic.grit'), join(house, 'scripts/deterministic.grit'), { recursive: true });
afterAll(() => rmSync(house, { recursive: true }));

/** What the linter says of a source at `path`. */
function lint(path: string, source: string): string {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), source);
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', path], { cwd: house, encoding: 'utf8' });
  return stdout + stderr;
}

const use = "import { x } from '$';\nexport const y = x;\n";
const forbidden: readonly [file: string, from: string][] = [
  ['src/kernels/probe.ts', '../hw/index.js'],
  ['src/hw/probe.ts', '../ops/index.js'],
  ['src/hw/probe.ts', '@tensorflow/tfjs'],
  ['src/pruning/probe.ts', '../callbacks/index.js'],
  ['src/ops/probe.ts', '../callbacks/index.js'],
  ['src/ops/probe.ts', 'node:fs'],
  ['examples/probe.ts', '../src/ops/index.js'],
];

it.each(forbidden)('refuses that %s imports %s', (file, from) => {
  expect(lint(file, use.replace('$', from))).toContain('noRestrictedImports');
});

it.each([
  ['src/ops/probe.ts', '../pruning/index.js'],
  ['src/callbacks/probe.ts', '../ops/index.js'],
  ['examples/probe.ts', 'tfjs-sparsity/ops'],
])('lets %s import %s', (file, from) => {
  expect(lint(file, use.replace('$', from))).not.toContain('noRestrictedImports');
});

it.each(['Math.random()', 'Date.now()'])('refuses %s in src', (call) => {
  expect(lint('src/hw/probe.ts', `export const y = ${call};\n`)).toContain('plugin');
  expect(lint('examples/probe.ts', `export const y = ${call};\n`)).not.toContain('plugin');
});
