import { crc32c } from '../crc32c.js';
import { SparsityError } from '../errors.js';
import { liftArrays, putArraysBack } from './lift-arrays.js';

const magic = 0x50435354; // "TSCP"
const headerBytes = 16;
const version = 1;

/**
 * Plain data with typed arrays anywhere inside, as one block of bytes: four words (magic, version, CRC-32C of all that follows the header,
 * length of the JSON), then what {@link liftArrays} makes of it. Little endian.
 */
export function encodeCheckpoint(content: unknown): Uint8Array {
  const { bytes, jsonBytes } = liftArrays(content, headerBytes);
  const view = new DataView(bytes.buffer);
  const words = [magic, version, crc32c(bytes.subarray(headerBytes)), jsonBytes];
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
  return putArraysBack(bytes.subarray(headerBytes), word(3));
}
