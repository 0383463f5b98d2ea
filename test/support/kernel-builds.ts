import { setFlagsFromString } from 'node:v8';
import { bestKernelBuild, type KernelBuild } from '../../src/kernels/index.js';

// As useBackend does: node 20 has relaxed SIMD behind this flag.
if (bestKernelBuild() === 'strict') setFlagsFromString('--experimental-wasm-relaxed-simd');

/** The builds of the kernels that tests run on. */
export const kernelBuilds: readonly KernelBuild[] = ['strict', 'relaxed'];
