import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { fileError, writeAtomically } from '../atomic-write.js';
import { nodeFs } from '../node-modules.js';

/**
 * Where a sparse file is. To save: `file://path` in node, `downloads://name` in a browser, or a function that is handed the bytes. To
 * load: `file://path`, any URL that `fetch` takes, the bytes themselves, or a `Blob`, such as the `File` of an `<input>`.
 */
export type SparseFilePlace =
  | string
  | ArrayBuffer
  | Uint8Array
  | Blob
  | ((bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>);

const [fileScheme, downloadScheme] = ['file://', 'downloads://'];

/** What messages call a place. */
export function placeName(place: SparseFilePlace): string {
  return typeof place === 'string' ? place : 'sparse file';
}

/** Writes a file, in whole or not at all. */
export async function writePlace(place: SparseFilePlace, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (typeof place === 'function') return place(bytes);
  if (typeof place === 'string' && place.startsWith(fileScheme)) return writeAtomically(pathOf(place), bytes);
  if (typeof place === 'string' && place.startsWith(downloadScheme)) return download(place.slice(downloadScheme.length), bytes);
  throw new SparsityError({
    what: `saving to ${placeName(place)}`,
    got: 'a place to load from only',
    expected: 'file://path, downloads://name or a function that takes the bytes',
    fix: "write sparseFile('file://lenet.sparse')",
  });
}

/** Reads a file. */
export async function readPlace(place: SparseFilePlace): Promise<Uint8Array> {
  if (typeof place === 'string' && place.startsWith(fileScheme)) return readFile(pathOf(place));
  if (typeof place === 'string' && !place.startsWith(downloadScheme)) return fetchBytes(place);
  if (place instanceof Uint8Array) return place;
  if (place instanceof ArrayBuffer) return new Uint8Array(place);
  if (place instanceof Blob) return new Uint8Array(await place.arrayBuffer());
  throw unread(placeName(place), 'a place to save to only', 'file://path, a URL, an ArrayBuffer, a Uint8Array or a Blob');
}

function pathOf(url: string): string {
  if (tf.env().getBool('IS_NODE')) return url.slice(fileScheme.length);
  throw new SparsityError({
    what: url,
    got: 'a page in a browser',
    expected: 'node, which has files',
    fix: 'load from a URL or a Blob, and save to downloads://name or a function',
  });
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await (await nodeFs()).readFile(path);
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') throw unread(path, 'no such file', 'a file that sparseFile() has saved');
    throw fileError(`loading ${path}`, cause);
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const expected = 'the address of a sparse file';
  const failed = (cause: unknown) => {
    throw unread(url, String(cause), expected);
  };
  const response = await fetch(url).catch(failed);
  if (!response.ok) throw unread(url, `HTTP status ${response.status}`, expected);
  return new Uint8Array(await response.arrayBuffer().catch(failed));
}

function unread(name: string, got: string, expected: string): SparsityError {
  return new SparsityError({
    what: `loading ${name}`,
    got,
    expected,
    fix: 'check the path; one on this machine begins with file://',
  });
}

function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  if (typeof document === 'undefined') {
    throw new SparsityError({
      what: downloadScheme + name,
      got: 'no page',
      expected: 'a page in a browser, which has downloads',
      fix: 'save to file://path in node, else to a function that takes the bytes',
    });
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
