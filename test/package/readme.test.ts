import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
// A listing reads the file of a run that is shown before it.
const file = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
const listings = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);

describe('README', () => {
  it('starts with exactly the two commands', () => {
    const firstBlock = /```sh\n([\s\S]*?)```/
      .exec(readme)?.[1]
      .trim()
      .split('\n')
      .map((line) => line.split('#')[0].trim());
    expect(firstBlock).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
  });

  // The listings use no types, so that they are plain modules; the package's own name resolves to the built dist.
  it.each(listings.map((code, i) => [i + 1, code] as const))('listing %i runs', (i, code) => {
    mkdirSync(join(root, 'build'), { recursive: true });
    const path = join(root, `build/readme-${i}.mjs`);
    writeFileSync(path, code);
    writeFileSync(join(root, 'build/run.yaml'), file);
    const { status, stderr } = spawnSync('node', [path], { cwd: join(root, 'build'), encoding: 'utf8', timeout: 120_000 });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has a listing', () => expect(listings.length).toBeGreaterThan(0));
});
