import type { FileHandle } from 'node:fs/promises';
import { crc32c } from '../crc32c.js';
import { SparsityError } from '../errors.js';
import { fileError } from '../ops/atomic-write.js';
import { nodeFs } from '../ops/node-modules.js';

/** What a record begins with: its kind and the version of its format. */
export const recordMagic = new TextEncoder().encode('TSRUN 01');

/** Kinds of frames: a run begins, a step, training has ended. */
export const frameKinds = { run: 1, step: 2, end: 3 } as const;

/** A frame of a record, and where it lies in the file. */
export interface RecordFrame {
  readonly kind: number;
  /** Steps before it; of a step its own number. */
  readonly step: number;
  readonly at: number;
  readonly payloadBytes: number;
}

/** The whole frames of a record, and where they end. */
export interface RecordFrames {
  readonly frames: readonly RecordFrame[];
  readonly wholeBytes: number;
  readonly fileBytes: number;
}

/** A run of a record: where it begins, what is in it, and where the next one begins or the whole frames end. */
export interface RecordedFrames {
  readonly first: RecordFrame;
  readonly own: readonly RecordFrame[];
  readonly end: number;
}

/** The last run that has a step: one that failed before its first is none. */
export function lastFrames({ frames, wholeBytes }: RecordFrames): RecordedFrames | undefined {
  const step = frames.findLastIndex(({ kind }) => kind === frameKinds.step);
  const begin = frames.findLastIndex(({ kind }, i) => i < step && kind === frameKinds.run);
  if (begin < 0) return undefined;
  const next = frames.findIndex(({ kind }, i) => i > step && kind === frameKinds.run);
  const own = next < 0 ? frames.slice(begin + 1) : frames.slice(begin + 1, next);
  return { first: frames[begin], own, end: frames[next]?.at ?? wholeBytes };
}

/** Before each payload: CRC-32C of all that follows it in the frame, kind, step and length of the payload. */
export const headerBytes = 16;

/** A frame as bytes. */
export function encodeFrame(kind: number, step: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, kind, true);
  view.setUint32(8, step, true);
  view.setUint32(12, payload.length, true);
  bytes.set(payload, headerBytes);
  view.setUint32(0, crc32c(bytes.subarray(4)), true);
  return bytes;
}

/**
 * Finds the whole frames of a record, up to the first one that is cut or damaged. undefined when there is no such file.
 *
 * @param upTo bytes that count, of a file that may have grown since.
 * @throws SparsityError for a file that is no record, or cannot be read.
 */
export async function scanFrames(path: string, upTo = Number.POSITIVE_INFINITY): Promise<RecordFrames | undefined> {
  const fs = await nodeFs();
  let file: FileHandle;
  try {
    file = await fs.open(path, 'r');
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ENOENT') return undefined;
    throw fileError(`reading ${path}`, cause);
  }
  try {
    const size = Math.min((await file.stat()).size, upTo);
    const magic = await readBytes(file, 0, Math.min(size, recordMagic.length));
    if (magic.some((byte, i) => byte !== recordMagic[i])) {
      const fix = 'name a file that hardwareCost({record}) has written';
      throw new SparsityError({ what: path, got: 'another kind of file', expected: 'the record of a run', fix });
    }
    const frames: RecordFrame[] = [];
    if (size < recordMagic.length) return { frames, wholeBytes: 0, fileBytes: size };
    let at = recordMagic.length;
    for (;;) {
      const frame = await frameAt(file, at, size);
      if (!frame) return { frames, wholeBytes: at, fileBytes: size };
      frames.push(frame);
      at += headerBytes + frame.payloadBytes;
    }
  } catch (cause) {
    throw cause instanceof SparsityError ? cause : fileError(`reading ${path}`, cause);
  } finally {
    await file.close();
  }
}

/** The payload of a frame. */
export function readPayload(file: FileHandle, { at, payloadBytes }: RecordFrame): Promise<Uint8Array> {
  return readBytes(file, at + headerBytes, payloadBytes);
}

/** The frame that begins there; undefined unless all of it is there and intact. */
export async function frameAt(file: FileHandle, at: number, size: number): Promise<RecordFrame | undefined> {
  if (at + headerBytes > size) return undefined;
  const header = await readBytes(file, at, headerBytes);
  const payloadBytes = new DataView(header.buffer).getUint32(12, true);
  if (at + headerBytes + payloadBytes > size) return undefined;
  const frame = await readBytes(file, at, headerBytes + payloadBytes);
  const word = (i: number) => new DataView(frame.buffer).getUint32(4 * i, true);
  if (crc32c(frame.subarray(4)) !== word(0)) return undefined;
  return { kind: word(1), step: word(2), at, payloadBytes };
}

async function readBytes(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.read(bytes, 0, length, at);
  return bytes;
}
