import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { SparsityError } from 'tfjs-sparsity';
import { readCifar } from './cifar-files.js';
import type { DatasetReader } from './dataset.js';
import { cacheDir, downloadOnce, type RemoteFile } from './download.js';

/** A set of 32x32 colour images that is published as an archive of binary CIFAR files. */
interface CifarSet extends RemoteFile {
  readonly name: string;
  /** Folder of the files inside the archive. */
  readonly folder: string;
  readonly trainFiles: readonly string[];
  readonly testFile: string;
  readonly labelBytes: 1 | 2;
  readonly classes: number;
}

/** Reads a CIFAR set from a folder, or from a cache to which it is downloaded once. */
export function cifarSet(set: CifarSet): DatasetReader {
  const { name, labelBytes, classes } = set;
  return async (dir) => {
    const outer = dir ?? (await downloadArchive(set));
    // --data-dir may name the folder of the files or the folder around it.
    const inner = join(outer, set.folder);
    const folder = existsSync(inner) ? inner : outer;
    const [train, test] = [filesIn(folder, set.trainFiles), filesIn(folder, [set.testFile])];
    return {
      name,
      imageShape: [32, 32, 3],
      classes,
      train: await readCifar(train, labelBytes, classes),
      test: await readCifar(test, labelBytes, classes),
    };
  };
}

/** Those of the files that are in a folder: some of the training batches are a smaller set. */
function filesIn(folder: string, names: readonly string[]): string[] {
  const paths = names.map((name) => join(folder, name)).filter(existsSync);
  if (paths.length > 0) return paths;
  throw new SparsityError({
    what: 'data file',
    got: `no ${names.join(' or ')} in ${folder}`,
    expected: 'the files of CIFAR in the binary format',
    fix: 'check --data and --data-dir, or leave --data-dir out to download the set',
  });
}

async function downloadArchive(set: CifarSet): Promise<string> {
  const dir = cacheDir(set.name);
  const path = join(dir, 'archive.tar.gz');
  await downloadOnce(set, path);
  const files = [...set.trainFiles, set.testFile];
  if (files.every((file) => existsSync(join(dir, file)))) return dir;
  const entries = await parseTarGzip(await readFile(path));
  for (const file of files) {
    const entry = entries.find(({ name }) => name.endsWith(`${set.folder}/${file}`));
    if (!entry?.data) {
      throw new SparsityError({
        what: `archive ${path}`,
        got: `no ${file}`,
        expected: files.join(', '),
        fix: 'delete it and run again',
      });
    }
    await writeFile(join(dir, file), entry.data);
  }
  return dir;
}
