import fc from 'fast-check';
import { keepNorms, sdgp, sparseTrain, sparsityOf, swat, thinErrors, thinStochastically, thinToTop } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../src/pruning/normal-quantile.js';
import { createRng } from '../../src/rng.js';
import { kernelInfo, normal, sum } from './kernel-info.js';

const info = kernelInfo([4, 4]);
const at = (step: number, seed: number | string = 0) => ({ step, sparsity: 0, rng: createRng(seed) });

describe('keepNorms', () => {
  it('gives each channel of each image the sum of magnitudes that it had, as loops over both find it', () => {
    fc.assert(
      fc.property(
        fc.record({ batch: fc.integer({ min: 1, max: 3 }), pixels: fc.integer({ min: 1, max: 4 }), m: fc.constantFrom(2, 4) }),
        ({ batch, pixels, m }) => {
          const channels = 6;
          const errors = normal(batch * pixels * channels);
          const thinned = thinErrors(errors, channels, { n: 1, m });
          const scaled = keepNorms(errors, thinned, [batch, pixels, 1, channels]);
          for (let image = 0; image < batch; image++) {
            for (let channel = 0; channel < channels; channel++) {
              const of = (values: Float32Array) =>
                Array.from({ length: pixels }, (_, pixel) =>
                  Math.abs(values[(image * pixels + pixel) * channels + channel]),
                ).reduce((a, b) => a + b);
              const [before, kept, after] = [errors, thinned, scaled].map(of);
              expect(after).toBeCloseTo((before * kept) / (kept + 1e-4), 4);
            }
          }
        },
      ),
    );
  });

  it('scales the worked row by 1.49995: 4.5 over 3.0001', () => {
    const scaled = keepNorms(Float32Array.of(1, -1, 0.5, 2), Float32Array.of(1, 0, 0, 2), [1, 4]);
    expect(scaled).toEqual(Float32Array.of(4.5 / 3.0001, 0, 0, 9 / 3.0001));
    expect(scaled[0]).toBeCloseTo(1.49995, 5);
  });
});

describe('sdgp', () => {
  const worked = Float32Array.of(1, -1, 0.5, 2);

  it('thins E of the input gradient alone, from its first step on, and masks no weight', () => {
    const method = sdgp({ beginStep: 2 });
    expect(method.thin?.(info, at(1))).toBeUndefined();
    expect(Object.keys(method.thin?.(info, at(2)) ?? {})).toEqual(['backwardE']);
    expect(method.thin?.(info, at(2))?.backwardE?.(worked, [1, 4])).toEqual(Float32Array.of(1, 0, 0, 2));
    const masks = method.updateMasks([{ info, weights: normal(16), masks: undefined }], at(2));
    expect(masks).toEqual([{ forward: null, backward: null, gradient: null }]);
    expect(method.schedule(2).sparsity).toBe(0);
  });

  it('rescales where it is told to', () => {
    const thinned = sdgp({ rescale: 'maxnorm' }).thin?.(info, at(0))?.backwardE?.(worked, [1, 4]);
    expect(thinned?.[0]).toBeCloseTo(1.49995, 5);
    expect(thinned?.[3]).toBeCloseTo(2.9999, 5);
  });

  it('leaves alone what has no whole group of outputs, and refuses what prunes nothing', () => {
    expect(sdgp({ m: 8 }).skip(kernelInfo([2, 4]))).toBe('4 output channels are fewer than m = 8');
    expect(sdgp().skip(kernelInfo([2, 4]))).toBeUndefined();
    expect(sdgp().skip(kernelInfo([3, 3, 8, 1], 'depthwiseConv2d'))).toMatch('window only');
    expect(() => sdgp({ n: 4, m: 4 })).toThrow('less than m = 4');
    expect(() => sdgp({ rescale: 'max' as 'none' })).toThrow('rescale: got max');
  });
});

describe('thinToTop', () => {
  it('keeps as many of the greatest as a sort does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(0, 0.25, 0.5, 0.9),
        (values, sparsity) => {
          const thinned = thinToTop(Float32Array.from(values), sparsity);
          const order = values.map((_, i) => i).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b);
          const kept = order.slice(0, Math.max(1, Math.round(values.length * (1 - sparsity) - 1e-9)));
          const half = (values.length * (1 - sparsity)) % 1 === 0.5;
          if (!half) expect(Array.from(thinned)).toEqual(values.map((value, i) => (kept.includes(i) ? value : 0)));
        },
      ),
    );
  });

  it('is what swat does to A of the weight gradient, at a sparsity of its own', () => {
    const values = Float32Array.of(1, -3, 0.5, 2);
    const thinning = swat({ sparsity: 0.75, activationSparsity: 0.5, beginStep: 1 }).thin;
    expect(thinning?.(info, at(0))).toBeUndefined();
    expect(Object.keys(thinning?.(info, at(1)) ?? {})).toEqual(['gradientA']);
    expect(thinning?.(info, at(1))?.gradientA?.(values, [1, 4])).toEqual(Float32Array.of(0, -3, 0, 2));
    expect(swat({ sparsity: 0.75 }).thin?.(info, at(0))?.gradientA?.(values, [1, 4])).toEqual(Float32Array.of(0, -3, 0, 0));
    expect(() => swat({ activationSparsity: 1 })).toThrow('activationSparsity: got 1');
  });
});

describe('thinStochastically', () => {
  it('leaves what lies above the threshold, makes the rest 0 or the threshold, and is right on average', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.5, 0.9, 0.99), fc.integer({ min: 0, max: 99 }), (rate, seed) => {
        const errors = normal(20);
        const mean = sum(errors.map(Math.abs)) / errors.length;
        const threshold = normalQuantile((1 + rate) / 2) * Math.sqrt(Math.PI / 2) * mean;
        const [prune, rng, draws] = [thinStochastically(rate), createRng(seed), 3000];
        const sums = new Float64Array(errors.length);
        for (let draw = 0; draw < draws; draw++) {
          prune(errors, rng).forEach((value, i) => {
            sums[i] += value;
            if (Math.abs(errors[i]) >= threshold) expect(value).toBe(errors[i]);
            else if (value !== 0) expect(value).toBeCloseTo(Math.sign(errors[i]) * threshold, 5);
          });
        }
        // Five standard errors, of a variable that is 0 or the threshold.
        sums.forEach((total, i) => {
          expect(Math.abs(total / draws - errors[i])).toBeLessThan((5 * threshold) / 2 / Math.sqrt(draws) + 1e-6);
        });
      }),
      { numRuns: 6 },
    );
  });

  it('makes of normal errors the share 0 that follows from the rate: 0.5403 at 0.9', () => {
    const share = (rate: number) => {
      const z = normalQuantile((1 + rate) / 2);
      return rate - (Math.sqrt(2 / Math.PI) * (1 - Math.exp((-z * z) / 2))) / z;
    };
    expect(share(0.9)).toBeCloseTo(0.5403, 3);
    for (const rate of [0.5, 0.9, 0.99]) {
      expect(sparsityOf(thinStochastically(rate)(normal(200_000), createRng(rate)))).toBeCloseTo(share(rate), 2);
    }
  });

  it('leaves errors as they are at a rate of 0, and zeros zeros', () => {
    const errors = normal(50);
    expect(thinStochastically(0)(errors, createRng(0))).toEqual(errors);
    expect(thinStochastically(0.9)(new Float32Array(5), createRng(0))).toEqual(new Float32Array(5));
    expect(() => thinStochastically(1)).toThrow('pruningRate: got 1');
  });

  it('draws from what it is given: the same seed the same zeros, whatever the name of the layer, and the second use goes on', () => {
    const { thin } = sparseTrain({ pruningRate: 0.9, beginStep: 1 });
    const errors = normal(500);
    const pruned = (name: string, seed: number) => thin?.({ ...info, name }, at(1, seed))?.E?.(errors, [1, 500]);
    expect(thin?.(info, at(0))).toBeUndefined();
    expect(pruned('a', 1)).toEqual(pruned('b', 1));
    expect(pruned('a', 1)).not.toEqual(pruned('a', 2));
    const twice = thin?.(info, at(1))?.E;
    expect(twice?.(errors, [1, 500])).not.toEqual(twice?.(errors, [1, 500]));
  });
});

describe('normalQuantile', () => {
  it.each([
    [0.5, 0],
    [0.75, 0.6744897502],
    [0.975, 1.9599639845],
    [0.9995, 3.2905267315],
  ])('of %d is %d', (probability, value) => {
    expect(normalQuantile(probability)).toBeCloseTo(value, 9);
  });
});
