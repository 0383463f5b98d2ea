type LiftedArray = Float32Array | Int32Array | Uint32Array | Uint8Array;
const arrayTypes = { Float32Array, Int32Array, Uint32Array, Uint8Array } as const;

/** Where a lifted array lies behind the JSON. */
interface ArrayReference {
  readonly $array: keyof typeof arrayTypes;
  readonly offset: number;
  readonly length: number;
}

/** Plain data as bytes. */
export interface LiftedData {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Length of the JSON with its padding. */
  readonly jsonBytes: number;
}

/**
 * Plain data with typed arrays anywhere inside, as one block of bytes: `before` free bytes (a multiple of 8), the JSON padded to 8 bytes,
 * the arrays, each at a multiple of 8. Little endian.
 */
export function liftArrays(content: unknown, before: number): LiftedData {
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
  const begin = before + align(text.length);
  const bytes = new Uint8Array(begin + offset);
  bytes.set(text, before);
  bytes.fill(0x20, before + text.length, begin);
  let at = begin;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += align(array.byteLength);
  }
  return { bytes, jsonBytes: begin - before };
}

/** The inverse of {@link liftArrays}; `bytes` without what was left free before them. */
export function putArraysBack(bytes: Uint8Array, jsonBytes: number): unknown {
  const json = new TextDecoder().decode(bytes.subarray(0, jsonBytes));
  return JSON.parse(json, (_, value) => {
    if (value === null || typeof value !== 'object' || !('$array' in value)) return value;
    const { $array, offset, length } = value as ArrayReference;
    const type = arrayTypes[$array];
    const from = bytes.byteOffset + jsonBytes + offset;
    return new type(bytes.buffer.slice(from, from + length * type.BYTES_PER_ELEMENT) as ArrayBuffer);
  });
}

const align = (bytes: number) => Math.ceil(bytes / 8) * 8;
