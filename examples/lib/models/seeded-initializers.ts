import * as tf from '@tensorflow/tfjs';

/** He initialisers with a seed each, so that two runs start from the same weights. */
export function seededInitializers(seed: number): () => ReturnType<typeof tf.initializers.heNormal> {
  let next = 1000 * seed;
  return () => tf.initializers.heNormal({ seed: ++next });
}
