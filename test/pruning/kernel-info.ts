import fc from 'fast-check';
import type { KernelInfo, KernelKind, KernelState, LayerMasks, PruningMethod } from 'tfjs-sparsity/pruning';
import { beforeEach } from 'vitest';
import { createRng } from '../../src/rng.js';

const inputAxes: Readonly<Record<KernelKind, number>> = { dense: 0, conv1d: 1, conv2d: 2, depthwiseConv2d: 2 };

/** A kernel of the kind that has as many axes; depthwise only when asked for. */
export function kernelInfo(
  shape: readonly number[],
  kind: KernelKind = (['dense', 'conv1d', 'conv2d'] as const)[shape.length - 2],
): KernelInfo {
  const inputAxis = inputAxes[kind];
  return { name: 'kernel', kind, shape, inputAxis, outputAxis: inputAxis + 1 };
}

export function kernelState(values: readonly number[] | Float32Array, info: KernelInfo, masks?: LayerMasks): KernelState {
  return { info, weights: Float32Array.from(values), masks };
}

/** Scores with many ties, what is left out and signed zeros among them. */
export const anyScore = fc.oneof(
  fc.constantFrom(0, -0, 1, 1, 2, -1, 0.5, Number.NEGATIVE_INFINITY),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);

/** A kernel of any kind with scores for it. */
export const anyKernel = fc
  .tuple(
    fc.constantFrom<KernelKind>('dense', 'conv1d', 'conv2d', 'depthwiseConv2d'),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 }),
  )
  .chain(([kind, sizes]) => {
    const shape = sizes.slice({ dense: 2, conv1d: 1, conv2d: 0, depthwiseConv2d: 0 }[kind]);
    const size = shape.reduce((a, b) => a * b, 1);
    const scores = fc.array(anyScore, { minLength: size, maxLength: size }).map((values) => Float32Array.from(values));
    return fc.record({ info: fc.constant(kernelInfo(shape, kind)), scores });
  });

export const anySparsity = fc.double({ min: 0, max: 0.999, noNaN: true });

export const sum = (values: Uint8Array | Float32Array | readonly number[]) => Array.from(values).reduce((a, b) => a + b, 0);

/** The source of random weights, and what methods may draw from: of each test its own, so that alone it has the data of a whole run. */
export let rng = createRng('pruning tests');
beforeEach(({ task }) => {
  rng = createRng(`pruning tests/${task.name}`);
});

export const normal = (size: number) => Float32Array.from({ length: size }, () => rng.normal());

/** The masks that a method makes for one kernel. */
export const masksFor = (
  method: PruningMethod,
  weights: Float32Array,
  shape: readonly number[],
  sparsity: number,
  masks?: LayerMasks,
) => method.updateMasks([kernelState(weights, kernelInfo(shape), masks)], { step: 0, sparsity, rng })[0];
