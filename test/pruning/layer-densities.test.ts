import fc from 'fast-check';
import { erdosRenyiAllocation, gradualMagnitude, mapAllocation } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, kernelState, normal, rng, sum } from './kernel-info.js';

const layer = (shape: readonly number[], name = 'kernel') => ({
  info: { ...kernelInfo(shape), name },
  scores: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

const anyShapes = fc.array(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 4 }), {
  minLength: 1,
  maxLength: 6,
});

/** Densities min(1, epsilon * raw), with the epsilon found by bisection. */
function slowSparsities(shapes: readonly (readonly number[])[], sparsity: number): number[] {
  const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
  const raws = shapes.map((shape, i) => sum(shape) / sizes[i]);
  const keptAt = (epsilon: number) => sum(raws.map((raw, i) => sizes[i] * Math.min(1, epsilon * raw)));
  let [low, high] = [0, 1e4];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (keptAt(middle) < sum(sizes) * (1 - sparsity)) low = middle;
    else high = middle;
  }
  return raws.map((raw) => 1 - Math.min(1, low * raw));
}

describe('erdosRenyiAllocation', () => {
  it('keeps the share of the whole that is asked for, and no density is above 1 or below 0', () => {
    fc.assert(
      fc.property(anyShapes, fc.double({ min: 0, max: 0.99, noNaN: true }), fc.boolean(), (shapes, sparsity, includeKernel) => {
        const kernels = shapes.map((shape) => layer(shape));
        const sparsities = erdosRenyiAllocation({ includeKernel })(kernels, sparsity);
        for (const s of sparsities) expect(s >= 0 && s < 1).toBe(true);
        const kept = sum(sparsities.map((s, i) => (1 - s) * kernels[i].scores.length));
        expect(kept / (sum(kernels.map(({ scores }) => scores.length)) * (1 - sparsity))).toBeCloseTo(1, 9);
      }),
    );
  });

  it('agrees with a bisection for epsilon', () => {
    fc.assert(
      fc.property(anyShapes, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (shapes, sparsity) => {
        const got = erdosRenyiAllocation()(
          shapes.map((shape) => layer(shape)),
          sparsity,
        );
        slowSparsities(shapes, sparsity).forEach((expected, i) => {
          expect(got[i]).toBeCloseTo(expected, 6);
        });
      }),
    );
  });

  it('leaves [2, 2] dense and halves [4, 4] at 0.4 by hand: raw densities 1 and 0.5, epsilon 12 / 12', () => {
    expect(erdosRenyiAllocation()([layer([2, 2]), layer([4, 4])], 0.4)).toEqual([0, 0.5]);
  });

  it('leaves the window out under ER, wherever the axes of the channels stand', () => {
    const [first, last] = [layer([3, 3, 4, 8]), layer([8, 4, 3, 3])];
    const turned = { ...last, info: { ...last.info, inputAxis: 1, outputAxis: 0 } };
    const er = erdosRenyiAllocation({ includeKernel: false });
    expect(er([turned, layer([9, 9])], 0.7)).toEqual(er([first, layer([9, 9])], 0.7));
  });

  it('rounds the zeros of each layer down under the profile rigl', () => {
    expect(erdosRenyiAllocation({ profile: 'rigl' })([layer([1, 3])], 0.5)).toEqual([1 - 2 / 3]);
    expect(erdosRenyiAllocation()([layer([1, 3])], 0.5)).toEqual([0.5]);
  });

  it('refuses a powerScale of 0 and a sparsity of 1', () => {
    expect(() => erdosRenyiAllocation({ powerScale: 0 })).toThrow('powerScale: got 0');
    expect(() => erdosRenyiAllocation()([layer([2, 2])], 1)).toThrow('sparsity: got 1');
  });
});

describe('mapAllocation', () => {
  const kernels = [layer([4, 4], 'a'), layer([4, 4], 'b')];

  it('gives named layers theirs and the others the target, in proportion on the way up', () => {
    expect(mapAllocation({ sparsities: { a: 0.75 } })(kernels, 0.25)).toEqual([0.75, 0.25]);
    expect(mapAllocation({ sparsities: { a: 0.75 } })(kernels, 0)).toEqual([0, 0]);
    expect(mapAllocation({ sparsities: { a: 0.75 }, unnamed: 0 })(kernels, 0.25)).toEqual([0.75, 0]);
    const rising = mapAllocation({ sparsities: { a: 0.75 }, finalSparsity: 0.5 });
    expect([0, 0.25, 0.5, 0.6].map((sparsity) => rising(kernels, sparsity))).toEqual([
      [0, 0],
      [0.375, 0.25],
      [0.75, 0.5],
      [0.75, 0.6],
    ]);
  });

  it('rules the masks of a method', () => {
    const method = gradualMagnitude({ endStep: 10, allocation: mapAllocation({ sparsities: { b: 0.75 } }) });
    const states = kernels.map(({ info }) => kernelState(normal(16), info));
    const masks = method.updateMasks(states, { step: 10, sparsity: 0.5, rng });
    expect(masks.map(({ forward }) => sum(forward as Uint8Array))).toEqual([8, 4]);
  });

  it('refuses a name that no layer has, and sparsities that are none', () => {
    expect(() => mapAllocation({ sparsities: { conv: 0.5 } })([layer([2, 2], 'conv1')], 0.5)).toThrow('Did you mean conv1');
    expect(() => mapAllocation({ sparsities: { a: 75 } })).toThrow('sparsity of a: got 75');
    expect(() => mapAllocation({ sparsities: {}, unnamed: 1 })).toThrow('unnamed: got 1');
    expect(() => mapAllocation({ sparsities: {}, finalSparsity: 0 })).toThrow('a sparsity above 0');
  });
});
