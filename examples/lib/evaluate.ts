import * as tf from '@tensorflow/tfjs';
import type { Dataset, Images } from './dataset.js';

/** Loss (cross-entropy) and accuracy of a classifier over a split, a part at a time so that memory stays small. */
export async function evaluate(
  model: tf.LayersModel,
  data: Dataset,
  images: Images,
): Promise<{ loss: number; accuracy: number }> {
  const pixelsEach = data.imageShape.reduce((a, b) => a * b, 1);
  const partSize = 250;
  let [loss, hits] = [0, 0];
  for (let start = 0; start < images.count; start += partSize) {
    const count = Math.min(partSize, images.count - start);
    const values = Float32Array.from(
      images.pixels.subarray(start * pixelsEach, (start + count) * pixelsEach),
      (byte) => byte / 255,
    );
    const probabilities = tf.tidy(() => model.predict(tf.tensor(values, [count, ...data.imageShape])) as tf.Tensor2D);
    const rows = await probabilities.data();
    probabilities.dispose();
    for (let i = 0; i < count; i++) {
      const row = rows.subarray(i * data.classes, (i + 1) * data.classes);
      const label = images.labels[start + i];
      loss -= Math.log(Math.max(row[label], 1e-7));
      let best = 0;
      for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
      if (best === label) hits++;
    }
  }
  return { loss: loss / images.count, accuracy: hits / images.count };
}
