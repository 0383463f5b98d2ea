import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { SparsityError } from 'tfjs-sparsity';

/** Reads an idx file of unsigned bytes (the format of MNIST), gzipped or not: big-endian header, then the data. */
export async function readIdx(path: string): Promise<{ shape: number[]; data: Uint8Array }> {
  const bytes = await readFile(path);
  const raw = path.endsWith('.gz') ? unzip(path, bytes) : bytes;
  const wrong = (got: string, expected: string) =>
    new SparsityError({ what: `data file ${path}`, got, expected, fix: 'download the file again or pass another --data-dir' });
  if (raw.length < 4 || raw.readUInt16BE(0) !== 0 || raw[2] !== 0x08) {
    throw wrong(`header ${raw.subarray(0, 4).toString('hex') || '(empty)'}`, 'an idx file of unsigned bytes, header 000008nn');
  }
  const rank = raw[3];
  if (raw.length < 4 + 4 * rank) throw wrong(`${raw.length} bytes`, `a header of ${4 + 4 * rank} bytes`);
  const shape = Array.from({ length: rank }, (_, i) => raw.readUInt32BE(4 + 4 * i));
  const data = new Uint8Array(raw.buffer, raw.byteOffset + 4 + 4 * rank, raw.length - 4 - 4 * rank);
  const size = shape.reduce((a, b) => a * b, 1);
  if (data.length !== size) throw wrong(`${data.length} data bytes (truncated?)`, `${size} for shape [${shape}]`);
  return { shape, data };
}

function unzip(path: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new SparsityError({
      what: `data file ${path}`,
      got: `a gzip stream that does not unpack (${(error as Error).message})`,
      expected: 'a whole gzip file',
      fix: 'download the file again or pass another --data-dir',
    });
  }
}
