import type { FileHandle } from 'node:fs/promises';
import { frameAt, frameKinds, headerBytes } from './run-record-frames.js';

/** Bytes looked through at a time. */
const chunkBytes = 1 << 20;

/**
 * Whether what begins there is a last frame that was cut short: its length leads beyond the end of the file, and no whole frame lies
 * behind, as one would behind a damaged length.
 */
export async function isCutFrame(file: FileHandle, at: number, size: number): Promise<boolean> {
  if (at + headerBytes > size) return true;
  const chunk = new DataView(new ArrayBuffer(chunkBytes + headerBytes));
  const last = Math.max(...Object.values(frameKinds));
  for (let from = at; from + headerBytes <= size; from += chunkBytes) {
    const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, from);
    for (let i = 0; i < chunkBytes && i + headerBytes <= bytesRead; i++) {
      const kind = chunk.getUint32(i + 4, true);
      const fits = from + i + headerBytes + chunk.getUint32(i + 12, true) <= size;
      if (from + i === at ? fits : fits && kind >= 1 && kind <= last && (await frameAt(file, from + i, size))) return false;
    }
  }
  return true;
}
