import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** What the figures of a draw are made by: the models, their hot loops and the random numbers of the maps. */
const folders = ['../../hw/', '../../kernels/'];
const files = ['../../rng'];

let known: string | undefined;

/** A short name for the code of the models, another one after any change of it: 16 digits. */
export function modelsDigest(): string {
  known ??= digestOf([
    ...folders.flatMap((folder) => codeIn(new URL(folder, import.meta.url))),
    ...files.map((file) => new URL(`${file}${extension}`, import.meta.url)),
  ]);
  return known;
}

/** Of this file: what is compiled stands beside what is compiled, and sources beside sources. */
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** Files of code and of WebAssembly in a folder and those below, in the order of their paths. */
export function codeIn(folder: URL): URL[] {
  const isCode = (path: string) => (path.endsWith(extension) && !path.endsWith('.d.ts')) || path.endsWith('.wasm');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isCode);
  return paths.sort().map((path) => new URL(path, folder));
}

/** A short name for the contents of files. */
export function digestOf(files: readonly URL[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(createHash('sha256').update(readFileSync(file)).digest());
  return hash.digest('hex').slice(0, 16);
}
