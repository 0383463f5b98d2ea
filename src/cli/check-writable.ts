import { existsSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../ops/atomic-write.js';

/**
 * Tries whether files can be written, before what goes into them is computed. Leaves nothing behind.
 *
 * @throws SparsityError naming the first that cannot.
 */
export async function checkWritable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    let folder = dirname(path);
    // Folders that are missing are made when the file is written.
    while (!existsSync(folder)) folder = dirname(folder);
    const trial = join(folder, `${basename(path)}.tmp`);
    try {
      if (existsSync(path) && (await stat(path)).isDirectory()) throw Object.assign(new Error(path), { code: 'EISDIR' });
      await (await open(trial, 'w')).close();
      await rm(trial);
    } catch (cause) {
      throw fileError(`writing ${path}`, cause);
    }
  }
}
