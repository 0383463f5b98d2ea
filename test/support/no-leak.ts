import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';

/** Runs `body` and expects as many tensors after it as before. */
export async function expectNoLeak(body: () => Promise<void> | void): Promise<void> {
  const before = tf.memory().numTensors;
  await body();
  expect(tf.memory().numTensors).toBe(before);
}
