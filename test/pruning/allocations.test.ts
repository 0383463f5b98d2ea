import fc from 'fast-check';
import { globalAllocation, gradualMagnitude, keptCount, uniformAllocation } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, kernelState, rng, sum } from './kernel-info.js';

describe('allocations', () => {
  const kernels = [
    { info: kernelInfo([1, 4]), scores: Float32Array.of(0.1, 0.9, 0.2, 0.5) },
    { info: kernelInfo([1, 2]), scores: Float32Array.of(7, 8) },
    { info: kernelInfo([1, 2]), scores: Float32Array.of(0, 0) },
  ];

  it('give all layers the same, or all weights one threshold', () => {
    expect(uniformAllocation()(kernels, 0.5)).toEqual([0.5, 0.5, 0.5]);
    expect(globalAllocation()(kernels, 0.5)).toEqual([0.75, 0, 0.5]);
    expect(globalAllocation()(kernels, 0.25)).toEqual([0.25, 0, 0.5]);
  });

  it('empty a layer whose scores are all low under the profile jaxpruner only', () => {
    const low = [kernels[1], { info: kernelInfo([1, 4]), scores: Float32Array.of(1, 2, 3, 4) }];
    expect(globalAllocation({ profile: 'jaxpruner' })(low, 0.7)).toEqual([0, 1]);
    expect(globalAllocation()(low, 0.7)).toEqual([0.5, 0.75]);
    const method = gradualMagnitude({ endStep: 10, allocation: globalAllocation({ profile: 'jaxpruner' }) });
    const states = low.map(({ info, scores }) => kernelState(scores, info));
    const masks = method.updateMasks(states, { step: 0, sparsity: 0.7, rng });
    expect(masks.map(({ forward }) => forward && [...forward])).toEqual([null, [0, 0, 0, 0]]);
  });

  it('rank scores that are no Float32Array by their values: the lower layer is emptied, not the other', () => {
    const info = kernelInfo([1, 4]);
    for (const type of [Float32Array, Float64Array, Array]) {
      const layers = [type.of(1, 1, 1, 1), type.of(9, 9, 9, 9)].map((scores) => ({ info, scores: scores as Float32Array }));
      expect(globalAllocation({ profile: 'jaxpruner' })(layers, 0.5)).toEqual([1, 0]);
      expect(globalAllocation({ normalise: 'l2' })(layers, 0.5)).toEqual([0.25, 0.75]); // all are one half, and ties go to the lowest layer
      expect(globalAllocation()(layers, 0.5)).toEqual([0.75, 0.25]);
    }
  });

  it('keep in all layers together exactly the count, one in each at least', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('none' as const, 'l2' as const),
        (layers, sparsity, normalise) => {
          const scored = layers.map((values) => ({ info: kernelInfo([1, values.length]), scores: Float32Array.from(values) }));
          const kept = globalAllocation({ normalise })(scored, sparsity).map((s, i) => keptCount(layers[i].length, s));
          expect(sum(kept)).toBe(Math.max(layers.length, keptCount(layers.flat().length, sparsity)));
          expect(Math.min(...kept)).toBeGreaterThan(0);
        },
      ),
    );
  });
});
