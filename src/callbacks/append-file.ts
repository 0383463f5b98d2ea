import type { FileHandle } from 'node:fs/promises';
import { fileError } from '../ops/atomic-write.js';
import { makeDirectory } from '../ops/make-directory.js';
import { nodeFs, nodePath } from '../ops/node-modules.js';

/** A file that only grows. What was appended is with the operating system: it survives a crash of this process. */
export class AppendFile {
  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Opens a file for appending; makes it and its directories when missing. */
  static async open(path: string): Promise<AppendFile> {
    const fs = await nodeFs();
    try {
      await makeDirectory((await nodePath()).dirname(path));
      return new AppendFile(path, await fs.open(path, 'a'));
    } catch (cause) {
      throw fileError(`writing ${path}`, cause);
    }
  }

  async append(data: string | Uint8Array): Promise<void> {
    try {
      await this.handle.appendFile(data);
    } catch (cause) {
      throw fileError(`writing ${this.path}`, cause);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
