import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import type { ElementBytes } from './elements.js';

/** A weight as tfjs saves it. */
export interface SavedWeight {
  readonly spec: tf.io.WeightsManifestEntry;
  readonly bytes: Uint8Array;
}

const widths: Readonly<Record<string, ElementBytes>> = { float32: 4, int32: 4, bool: 1 };

/** What `model.save` hands to a handler. */
export async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  const saved: tf.io.ModelArtifacts[] = [];
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved.push(artifacts);
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler);
  return saved[0];
}

/**
 * The weights that tfjs saves, each with its bytes.
 *
 * @throws SparsityError for strings, complex numbers and quantized weights, which no layers model has.
 */
export function savedWeights({ weightSpecs = [], weightData }: tf.io.ModelArtifacts): SavedWeight[] {
  const data = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
  let end = 0;
  return weightSpecs.map((spec) => {
    const begin = end;
    end += spec.shape.reduce((size, next) => size * next, elementBytes(spec));
    return { spec, bytes: data.subarray(begin, end) };
  });
}

/** Bytes of an element of a weight. */
export function elementBytes({ name, dtype, quantization }: tf.io.WeightsManifestEntry): ElementBytes {
  const bytes = quantization ? undefined : widths[dtype];
  if (bytes !== undefined) return bytes;
  throw new SparsityError({
    what: `weight ${name}`,
    got: quantization ? `quantized to ${quantization.dtype}` : dtype,
    expected: `one of ${Object.keys(widths).join(', ')}`,
    fix: 'save this model in the format of tfjs',
  });
}
