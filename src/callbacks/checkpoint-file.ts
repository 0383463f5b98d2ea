import { SparsityError } from '../errors.js';
import { crc32c } from './crc32c.js';

const magic = 0x50435354; // "TSCP"
const headerBytes = 16;
const version = 1;

type LiftedArray = Float32Array | Int32Array | Uint8Array;
const arrayTypes = { Float32Array, Int32Array, Uint8Array } as const;

/** Where a lifted array lies in the binary part. */
interface ArrayReference {
  readonly $array: keyof typeof arrayTypes;
  readonly offset: number;
  readonly length: number;
}

/**
 * Plain data with typed arrays anywhere inside, as one block of bytes: four words (magic, version, CRC-32C of all that follows the header,
 * length of the JSON), the JSON padded to 8 bytes, the arrays, each at a multiple of 8. Little endian.
 */
export function encodeCheckpoint(content: unknown): Uint8Array {
  const arrays: LiftedArray[] = [];
  let offset = 0;
  const json = JSON.stringify(content, (_, value) => {
    if (!ArrayBuffer.isView(value)) return value;
    const array = value as LiftedArray;
    const reference: ArrayReference = { $array: array.constructor.name as keyof typeof arrayTypes, offset, length: array.length };
    arrays.push(array);
    offset += align(array.byteLength);
    return reference;
  });
  const text = new TextEncoder().encode(json);
  const begin = headerBytes + align(text.length);
  const bytes = new Uint8Array(begin + offset);
  bytes.set(text, headerBytes);
  bytes.fill(0x20, headerBytes + text.length, begin);
  let at = begin;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += align(array.byteLength);
  }
  const view = new DataView(bytes.buffer);
  const words = [magic, version, crc32c(bytes.subarray(headerBytes)), begin - headerBytes];
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return bytes;
}

/** The inverse of {@link encodeCheckpoint}; throws for anything but its intact bytes. `name` is for the message. */
export function decodeCheckpoint(name: string, bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (i: number) => (bytes.length < headerBytes ? -1 : view.getUint32(4 * i, true));
  const problem =
    word(0) !== magic
      ? 'another kind of file'
      : word(1) !== version
        ? `format version ${word(1)}`
        : word(2) !== crc32c(bytes.subarray(headerBytes))
          ? `${bytes.length} bytes with a wrong checksum: truncated or damaged`
          : undefined;
  if (problem) {
    const fix = 'delete this file to resume from the checkpoint before it, or start anew';
    throw new SparsityError({ what: name, got: problem, expected: `an intact checkpoint of version ${version}`, fix });
  }
  const begin = headerBytes + word(3);
  const json = new TextDecoder().decode(bytes.subarray(headerBytes, begin));
  return JSON.parse(json, (_, value) => {
    if (value === null || typeof value !== 'object' || !('$array' in value)) return value;
    const { $array, offset, length } = value as ArrayReference;
    const type = arrayTypes[$array];
    const from = bytes.byteOffset + begin + offset;
    return new type(bytes.buffer.slice(from, from + length * type.BYTES_PER_ELEMENT) as ArrayBuffer);
  });
}

const align = (bytes: number) => Math.ceil(bytes / 8) * 8;
