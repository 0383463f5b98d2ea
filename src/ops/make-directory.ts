import { nodeFs, nodePath } from './node-modules.js';

/** Makes a directory and those above it, where they are missing. Node's own `recursive` never returns for a path in /proc. */
export async function makeDirectory(path: string): Promise<void> {
  const fs = await nodeFs();
  const above = (await nodePath()).dirname(path);
  try {
    await fs.mkdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && above !== path) {
      await makeDirectory(above);
      await fs.mkdir(path);
    } else if (!(code === 'EEXIST' && (await fs.stat(path)).isDirectory())) {
      throw cause;
    }
  }
}
