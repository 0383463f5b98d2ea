import { readFile } from 'node:fs/promises';
import { SparsityError } from '../errors.js';
import { fileError } from '../ops/atomic-write.js';

/**
 * The text of a file.
 *
 * @throws SparsityError when it is missing or cannot be read.
 */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(`reading ${path}`, cause);
    throw new SparsityError({ what: path, got: 'no such file', expected: 'a file to read', fix: 'check the path' });
  }
}
