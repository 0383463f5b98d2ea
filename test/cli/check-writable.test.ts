import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { checkWritable } from '../../src/cli/check-writable.js';
import { emit } from '../../src/cli/commands/shared-flags.js';
import { temporaryDirectory } from '../support/temporary.js';

it('files that can be written pass and leave nothing behind, in folders that are still missing too', async () => {
  const dir = await temporaryDirectory();
  await checkWritable([join(dir, 'a.json'), join(dir, 'new', 'newer', 'a.json')]);
  expect(await readdir(dir)).toEqual([]);
});

it('files that cannot be written are refused: in a file, in no real file system, and where a folder is', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'file'), '');
  await mkdir(join(dir, 'folder.json'));
  await expect(checkWritable([join(dir, 'file', 'a.json')])).rejects.toThrow('a file where a directory should be');
  await expect(checkWritable([join(dir, 'folder.json')])).rejects.toThrow('a directory where a file should be');
  await expect(checkWritable(['/dev/null/new/a.json'])).rejects.toThrow('writing /dev/null/new/a.json: got a file where');
});

it('a result whose file cannot be written any more is printed before the error', async () => {
  const dir = await temporaryDirectory();
  const out = join(dir, 'folder', 'a.json');
  await checkWritable([out]);
  await writeFile(join(dir, 'folder'), '');
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const report = { title: 'T', conditions: [], tables: [], charts: [], data: { title: '', columns: [], rows: [], notes: [] } };
  await expect(emit({ result: 1, report }, {}, [out])).rejects.toThrow('a file where a directory should be');
  expect(printed.mock.calls.flat().join()).toContain('T');
  printed.mockRestore();
  await rm(dir, { recursive: true });
});
