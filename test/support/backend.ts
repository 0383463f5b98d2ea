import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { registerTrainingKernels } from 'tfjs-sparsity/ops';
import { beforeAll } from 'vitest';

/** The backend of this run of the suite; the vitest projects set it. */
export const backend = process.env.TFJS_BACKEND ?? 'wasm';

beforeAll(async () => {
  if (backend === 'tensorflow') await import('@tensorflow/tfjs-node' as string);
  await tf.setBackend(backend);
  await tf.ready();
  if (backend === 'wasm') registerTrainingKernels();
});
