import * as tf from '@tensorflow/tfjs';
import { isMaskedClassName } from '../masked-kinds.js';
import { strip } from '../strip.js';
import { artifactsOf, savedWeights } from './saved-weights.js';

/**
 * What tfjs saves of a model, with plain layers and zeros in place of masked ones, as `strip` makes them; the state of an optimizer stays
 * as it is.
 */
export async function plainArtifacts(artifacts: tf.io.ModelArtifacts): Promise<tf.io.ModelArtifacts> {
  if (!hasMasked(artifacts.modelTopology)) return artifacts;
  const weights = savedWeights(artifacts);
  const ofModel = weights.filter(({ spec }) => spec.group !== 'optimizer');
  const { modelTopology } = artifacts;
  // Not strict: a model may be saved with its trainable weights only.
  const masked = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, ...joined(ofModel) }), { strict: false });
  const stripped = strip(masked);
  const plain = await artifactsOf(stripped);
  // A model's own `dispose` leaves the weights of layers that it uses twice.
  for (const weight of [...masked.weights, ...stripped.weights]) weight.dispose();
  const names = new Set(ofModel.map(({ spec }) => spec.name));
  const folded = savedWeights(plain).filter(({ spec }) => names.has(spec.name));
  const optimizer = weights.filter(({ spec }) => spec.group === 'optimizer');
  return { ...artifacts, modelTopology: plain.modelTopology as object, ...joined([...folded, ...optimizer]) };
}

function joined(weights: ReturnType<typeof savedWeights>): Required<Pick<tf.io.ModelArtifacts, 'weightSpecs' | 'weightData'>> {
  const buffers = weights.map(({ bytes }) => bytes.slice().buffer as ArrayBuffer);
  return { weightSpecs: weights.map(({ spec }) => spec), weightData: tf.io.concatenateArrayBuffers(buffers) };
}

function hasMasked(topology: unknown): boolean {
  if (Object(topology) !== topology) return false;
  const node = topology as Readonly<Record<string, unknown>>;
  return isMaskedClassName(node.class_name) || Object.values(node).some(hasMasked);
}
