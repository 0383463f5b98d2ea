import type { LayerTensors } from '../hw/index.js';
import { importNode } from '../ops/node-modules.js';
import type { StepJob } from './cost-engine.js';
import { liftArrays, putArraysBack } from './lift-arrays.js';

/**
 * What a record says of a run: how it was sampled, as in the report, and the layers that the tap looks for. It stands before the first step; the
 * layers stand also at the end, with those that were met later.
 */
export interface RunSettings {
  readonly every: number;
  readonly offset: number;
  readonly images: number | null;
  readonly layers: readonly string[];
}

/** `null`: the same as W. */
type StoredTensors = Omit<LayerTensors, 'backwardW'> & { readonly backwardW: LayerTensors['W'] | null };

/** Plain data as the payload of a frame: deflated; the length of its JSON goes before it. */
export async function pack(content: unknown): Promise<Uint8Array> {
  const { bytes, jsonBytes } = liftArrays(content, 8);
  new DataView(bytes.buffer).setUint32(0, jsonBytes, true);
  const zlib = await nodeZlib();
  // The fastest level: masks of non-zeros hold little that a longer search would find.
  return new Promise((resolve, reject) => {
    zlib.deflateRaw(bytes, { level: 1 }, (error, packed) => (error ? reject(error) : resolve(packed)));
  });
}

/** The inverse of {@link pack}. */
export async function unpack(payload: Uint8Array): Promise<unknown> {
  const zlib = await nodeZlib();
  const bytes = await new Promise<Uint8Array>((resolve, reject) => {
    zlib.inflateRaw(payload, (error, inflated) => (error ? reject(error) : resolve(inflated)));
  });
  const jsonBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return putArraysBack(bytes.subarray(8), jsonBytes);
}

/** A step to store. Weights that are the same both ways are stored once. */
export function storedStep({ records, ...job }: StepJob): unknown {
  return { ...job, records: records.map((record) => (record.backwardW === record.W ? { ...record, backwardW: null } : record)) };
}

/** The inverse of {@link storedStep}. */
export function restoredStep(stored: unknown): StepJob {
  const { records, ...job } = stored as Omit<StepJob, 'records'> & { readonly records: readonly StoredTensors[] };
  return { ...job, records: records.map((record) => ({ ...record, backwardW: record.backwardW ?? record.W })) };
}

const nodeZlib = () => importNode<typeof import('node:zlib')>('node:zlib');
