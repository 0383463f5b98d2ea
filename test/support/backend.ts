import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { registerTrainingKernels, type TrainingKernelOptions } from 'tfjs-sparsity/ops';
import { beforeAll } from 'vitest';
import './kernel-builds.js';

/** The backend of this run of the suite; the vitest projects set it. */
export const backend = process.env.TFJS_BACKEND ?? 'wasm';

/** Whether this run is on a backend; prints why what needs it is skipped, where it is not. */
export function isOn(name: string, why: string): boolean {
  if (backend !== name) console.log(`skipped on ${backend}: ${why}`);
  return backend === name;
}

beforeAll(async () => {
  if (backend === 'tensorflow') await import('@tensorflow/tfjs-node' as string);
  await tf.setBackend(backend);
  await tf.ready();
  const simd = process.env.TFJS_SIMD as TrainingKernelOptions['simd'];
  if (backend === 'wasm') registerTrainingKernels(simd && { simd });
});
