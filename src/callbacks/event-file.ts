import { crc32c } from '../crc32c.js';

/** One TensorBoard event: when, at which step, and what happened. */
export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  /** Values by tag. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** How often the values 0, 1, 2 ... came, by tag. */
  readonly histograms?: Readonly<Record<string, readonly number[]>>;
  /** `brain.Event:2` in the first record of a file. */
  readonly fileVersion?: string;
  /** A run starts again at this step: TensorBoard forgets what other files say of this step and later ones. */
  readonly restart?: boolean;
}

/**
 * An event as one TFRecord: length (8 bytes, little endian), masked CRC-32C of the length, the `Event` message, its masked CRC-32C.
 * Field numbers are those of TensorFlow's event.proto and summary.proto.
 */
export function encodeEvent(event: TensorBoardEvent): Uint8Array {
  const message = [double(1, event.wallTime), varintField(2, event.step)];
  if (event.fileVersion) message.push(text(3, event.fileVersion));
  if (event.scalars || event.histograms) {
    const scalars = Object.entries(event.scalars ?? {}).map(([tag, value]) => [text(1, tag), float(2, value)]);
    const histograms = Object.entries(event.histograms ?? {}).map(([tag, counts]) => [text(1, tag), bytes(5, histogram(counts))]);
    message.push(bytes(5, join([...scalars, ...histograms].map((value) => bytes(1, join(value))))));
  }
  if (event.restart) message.push(bytes(7, varintField(1, 1)));
  const data = join(message);
  const length = fixed(8, (view) => view.setBigUint64(0, BigInt(data.length), true));
  return join([length, maskedCrc(length), data, maskedCrc(data)]);
}

/**
 * A `HistogramProto` of whole numbers, each bucket 1 wide around its number: TensorBoard leaves out the empty ones at both ends, and has
 * those that are left begin at `min` and end at `max`.
 */
function histogram(counts: readonly number[]): Uint8Array {
  const sumOf = (weight: (value: number) => number) => counts.reduce((sum, count, value) => sum + count * weight(value), 0);
  const limits = counts.map((_, value) => value + 0.5);
  const [num, sum, squares] = [sumOf(() => 1), sumOf((value) => value), sumOf((value) => value * value)];
  const [first, last] = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)];
  const numbers = [first - 0.5, last + 0.5, num, sum, squares].map((value, i) => double(i + 1, value));
  return join([...numbers, doubles(6, limits), doubles(7, counts)]);
}

/** TFRecord stores checksums rotated and offset, since a CRC over data that holds CRCs is weak. */
function maskedCrc(data: Uint8Array): Uint8Array {
  const crc = crc32c(data);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  return fixed(4, (view) => view.setUint32(0, masked, true));
}

// Protocol buffer fields: a tag (number * 8 + wire type), then the value. Wire types: 0 varint, 1 eight bytes, 2 bytes with length, 5 four bytes.
const double = (field: number, value: number) =>
  join([varint(field * 8 + 1), fixed(8, (view) => view.setFloat64(0, value, true))]);
const doubles = (field: number, values: readonly number[]) =>
  bytes(
    field,
    fixed(8 * values.length, (view) => values.forEach((value, i) => void view.setFloat64(8 * i, value, true))),
  );
const float = (field: number, value: number) =>
  join([varint(field * 8 + 5), fixed(4, (view) => view.setFloat32(0, value, true))]);
const varintField = (field: number, value: number) => join([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Uint8Array) => join([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string) => bytes(field, new TextEncoder().encode(value));

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  // Division instead of shifts: steps may exceed 32 bits.
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...out, rest]);
}

function fixed(size: number, write: (view: DataView) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  write(view);
  return new Uint8Array(view.buffer);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
