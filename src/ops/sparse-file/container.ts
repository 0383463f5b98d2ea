import { crc32c } from '../../crc32c.js';
import { SparsityError } from '../../errors.js';
import { ByteReader } from './byte-reader.js';

const magic = 0x46535354; // "TSSF"
const version = 1;
const headBytes = 12;
const crcBytes = 4;

/** A sparse file, taken apart: its header and what lies behind it. */
export interface OpenedFile {
  readonly header: unknown;
  readonly tensors: ByteReader;
}

/**
 * A header and the bytes of tensors as one file: three words (magic, version, length of the JSON), the JSON, the tensors one after the
 * other, and the CRC-32C of all before it. Little endian.
 */
export function closeFile(header: unknown, tensors: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const parts = [json, ...tensors];
  const bytes = new Uint8Array(headBytes + parts.reduce((sum, part) => sum + part.length, 0) + crcBytes);
  const view = new DataView(bytes.buffer);
  [magic, version, json.length].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  let at = headBytes;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, crc32c(bytes.subarray(0, at)), true);
  return bytes;
}

/**
 * Takes a file apart.
 *
 * @param name of the file, for messages.
 * @throws SparsityError for another kind of file, one of a newer version, and one that is truncated or damaged.
 */
export function openFile(name: string, bytes: Uint8Array): OpenedFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - crcBytes;
  const word = (at: number) => (at + 4 <= bytes.length ? view.getUint32(at, true) : undefined);
  const refuse = (got: string, expected: string, fix: string) => new SparsityError({ what: name, got, expected, fix });
  if (word(0) !== magic) {
    throw refuse(`another kind of file, of ${bytes.length} bytes`, 'a sparse file', 'pass a file that sparseFile() has saved');
  }
  if (end >= headBytes && (word(4) as number) > version) {
    throw refuse(`format version ${word(4)}`, `at most version ${version}`, 'update tfjs-sparsity, which has written this file');
  }
  if (end < headBytes || word(end) !== crc32c(bytes.subarray(0, end))) {
    const fix = 'copy the file again, or save the model again';
    throw refuse(`${bytes.length} bytes with a wrong checksum: truncated or damaged`, 'an intact sparse file', fix);
  }
  const reader = new ByteReader(name, bytes.subarray(headBytes, end));
  const text = new TextDecoder().decode(reader.take(word(8) as number));
  try {
    return { header: JSON.parse(text), tensors: reader };
  } catch {
    throw reader.damaged(`a header of ${text.length} characters that are no JSON`, 'JSON');
  }
}
