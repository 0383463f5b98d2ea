import { SparsityError } from '../errors.js';
import { makeDirectory } from './make-directory.js';
import { nodeFs, nodePath } from './node-modules.js';

/**
 * Writes a file so that its name always holds either the old or the new content: a temporary file beside it, flushed to the disk,
 * then renamed. Missing directories are made.
 */
export async function writeAtomically(path: string, data: string | Uint8Array): Promise<void> {
  const fs = await nodeFs();
  const temporary = `${path}.tmp`;
  try {
    await makeDirectory((await nodePath()).dirname(path));
    const file = await fs.open(temporary, 'w');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (cause) {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(`writing ${path}`, cause);
  }
}

const reasons: Readonly<Record<string, readonly [got: string, fix: string]>> = {
  ENOENT: ['no such file or directory', 'check the path'],
  ENOSPC: ['no space left on the disk', 'free some space, or choose a directory on another disk'],
  EACCES: ['no permission', 'choose a directory that you own'],
  EPERM: ['no permission', 'choose a directory that you own'],
  EROFS: ['a read-only file system', 'choose a directory that you own'],
  ENOTDIR: ['a file where a directory should be', 'choose another directory, or remove that file'],
  EEXIST: ['a file where a directory should be', 'choose another directory, or remove that file'],
  EISDIR: ['a directory where a file should be', 'choose another directory, or remove that one'],
};

/** Why a file could not be used, as the package's one kind of error; `what` is `writing <path>`, say. */
export function fileError(what: string, cause: unknown): SparsityError {
  const [got, fix] = reasons[(cause as { code?: string }).code ?? ''] ?? [String(cause), 'check the path and the disk'];
  return new SparsityError({ what, got, expected: 'a file that this process may use', fix });
}
