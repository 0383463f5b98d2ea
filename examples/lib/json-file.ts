import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { SparsityError } from 'tfjs-sparsity';

const nonFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** Writes plain data as JSON: to a temporary name first, so that the file is whole or not there. NaN and infinities become text. */
export async function writeJson(path: string, data: unknown): Promise<void> {
  const text = JSON.stringify(
    data,
    (_, value) => (Number.isNaN(value) || Math.abs(value) === Infinity ? String(value) : value),
    1,
  );
  const temporary = `${path}.tmp`;
  try {
    await writeFile(temporary, `${text}\n`);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Reads what {@link writeJson} has written; undefined when there is no such file. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const decode = (_: string, value: unknown) => (nonFinite.has(value) ? Number(value) : value);
  try {
    return JSON.parse(text, decode);
  } catch (error) {
    throw new SparsityError({
      what: `file ${path}`,
      got: (error as Error).message,
      expected: 'JSON that an example has written',
      fix: 'remove it: its part of the run is then done again',
    });
  }
}
