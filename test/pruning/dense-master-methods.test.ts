import fc from 'fast-check';
import { bdwp, biMask, isNm, nm, phaseDensity, srSte, thinErrors } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { anyKernel, kernelInfo, masksFor, normal } from './kernel-info.js';

const W = Float32Array.of(
  ...[0.9, -0.1, 0.4, 0.3],
  ...[0.2, 0.8, -0.6, 0.1],
  ...[-0.5, 0.7, 0.05, -0.2],
  ...[0.1, -0.3, 0.25, 0.6],
);
const forwardRows = ['1011', '0110', '1100', '0001'];
const rows = (mask: Uint8Array | null) => [0, 1, 2, 3].map((row) => mask?.subarray(4 * row, 4 * row + 4).join(''));

/** The obvious way: two passes of N:M with weights set to 0 in between. */
function slowBackward(weights: Float32Array, shape: readonly number[], n: number, m: number): number[] {
  const info = kernelInfo(shape);
  const forward = nm({ n, m, axis: 'input' })(weights.map(Math.abs), info, 0.5);
  const masked = weights.map((weight, i) => (forward[i] === 1 ? weight : 0));
  const backward = nm({ n, m, axis: 'output' })(masked.map(Math.abs), info, 0.5);
  return Array.from(backward, (bit, i) => (bit === 1 && forward[i] === 1 ? 1 : 0));
}

describe('srSte and biMask', () => {
  it('obey N:M along the axes of their operands, and the backward mask of biMask lies within the forward one', () => {
    fc.assert(
      fc.property(anyKernel, fc.integer({ min: 2, max: 6 }), ({ info, scores }, m) => {
        const weights = scores.map((score) => (Number.isFinite(score) ? score : 1));
        const kernel = { info, weights, masks: undefined };
        const context = { step: 0, sparsity: 0.5, rng: undefined as never };
        const [ste] = srSte({ n: 1, m }).updateMasks([kernel], context);
        const [both] = biMask({ n: 1, m }).updateMasks([kernel], context);
        const [forward, backward] = [both.forward as Uint8Array, both.backward as Uint8Array];
        expect(ste.forward).toEqual(forward);
        expect(ste.backward).toBe(ste.forward);
        expect(isNm(forward, info, { n: 1, m, axis: 'input' })).toBe(true);
        expect(isNm(backward, info, { n: 1, m, axis: 'output' })).toBe(true);
        expect(backward.every((bit, i) => bit <= forward[i])).toBe(true);
        if (info.kind === 'dense') expect(Array.from(backward)).toEqual(slowBackward(weights, info.shape, 1, m));
        expect([ste.gradient, both.gradient]).toEqual([null, null]);
      }),
    );
  });

  it('make the masks of the worked 4 x 4 kernel: the weight -0.3 passes back under bdwp, and not under biMask', () => {
    expect(rows(masksFor(srSte(), W, [4, 4], 0.5).forward)).toEqual(forwardRows);
    const both = masksFor(biMask(), W, [4, 4], 0.5);
    expect(rows(both.forward)).toEqual(forwardRows);
    expect(rows(both.backward)).toEqual(['1010', '0110', '1100', '0001']);
    expect(rows(masksFor(bdwp({ m: 4 }), W, [4, 4], 0.5).backward)).toEqual(['1010', '0110', '1100', '0101']);
  });

  it('share the pattern of the forward mask among outputs in a row, by hand, and then have no groups for kernels to make', () => {
    // Sums of |w| of outputs 0 and 1 are 1, 1, 1.2, 0.4 along the inputs, of 2 and 3 they are 0.7, 0.7, 0.25, 0.85.
    for (const method of [srSte({ sharedOutputs: 2 }), bdwp({ m: 4, sharedOutputs: 2 })]) {
      expect(method.groups).toBeUndefined();
      expect(method.config.sharedOutputs).toBe(2);
      expect(rows(masksFor(method, W, [4, 4], 0.5).forward)).toEqual(['1111', '0000', '1100', '0011']);
    }
    const both = masksFor(bdwp({ m: 4, sharedOutputs: 2 }), W, [4, 4], 0.5);
    expect(rows(both.backward)).toEqual(rows(masksFor(bdwp({ m: 4 }), W, [4, 4], 0.5).backward));
    const first = { ...kernelInfo([3, 3, 8, 8]), inputAxis: 3, outputAxis: 2 };
    expect(() => srSte({ sharedOutputs: 4 }).check?.(first)).toThrow('axes of kernel under shared outputs');
    expect(() => srSte({ sharedOutputs: 0 })).toThrow('sharedOutputs: got 0');
    expect([srSte().config.sharedOutputs, bdwp().config.sharedOutputs]).toEqual([undefined, undefined]);
    srSte().check?.(first);
  });

  it('train dense before they begin', () => {
    for (const method of [srSte({ beginStep: 5 }), biMask({ beginStep: 5 })]) {
      expect(method.schedule(4)).toEqual({ sparsity: 0, update: false });
      expect(masksFor(method, W, [4, 4], 0)).toEqual({ forward: null, backward: null, gradient: null });
    }
  });

  it('leave dense what has no whole group along an axis that they need', () => {
    expect(srSte().skip(kernelInfo([3, 8]))).toBe('3 input channels are fewer than m = 4');
    expect(srSte().skip(kernelInfo([8, 3]))).toBeUndefined();
    expect(biMask().skip(kernelInfo([8, 3]))).toBe('3 output channels are fewer than m = 4');
    expect(biMask().skip(kernelInfo([3, 3, 8, 1], 'depthwiseConv2d'))).toMatch('window only');
    expect(srSte({ exclude: ['kernel'] }).skip(kernelInfo([8, 8]))).toBe('excluded by name');
  });

  it.each([srSte, biMask])('%o refuses an N:M that prunes nothing and a negative decay', (method) => {
    expect(() => method({ n: 4, m: 4 })).toThrow('less than m = 4');
    expect(() => method({ decay: -1 })).toThrow('decay: got -1');
  });
});

describe('thinErrors', () => {
  it('keeps the n greatest of m channels of each row, and 0 elsewhere, as a sort of each group does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.integer({ min: -4, max: 4 })),
        (count, channels, stream) => {
          const errors = Float32Array.from({ length: count * channels }, () => stream.next().value as number);
          const expected: number[] = [];
          for (let first = 0; first < errors.length; first += channels) {
            for (let start = first; start < first + channels; start += 4) {
              const group = Array.from(errors.subarray(start, Math.min(start + 4, first + channels)));
              const order = group.map((_, i) => i).sort((a, b) => Math.abs(group[b]) - Math.abs(group[a]) || a - b);
              expected.push(...group.map((error, i) => (order.indexOf(i) < 2 ? error : 0)));
            }
          }
          expect(Array.from(thinErrors(errors, channels, { n: 2, m: 4 }))).toEqual(expected);
        },
      ),
    );
  });

  it('keeps 1 and 2 of [1, -1, 0.5, 2] at 2:4, and all at 4:4', () => {
    const errors = Float32Array.of(1, -1, 0.5, 2);
    expect(Array.from(thinErrors(errors, 4, { n: 2, m: 4 }))).toEqual([1, 0, 0, 2]);
    expect(thinErrors(errors, 4, { n: 4, m: 4 })).toEqual(errors);
  });

  it('takes errors of other types by value', () => {
    const errors = normal(20_000);
    // The list comes first, before memory has room.
    const [list, double, float] = [Array.from(errors), Float64Array.from(errors), errors].map((values) =>
      thinErrors(values as unknown as Float32Array, 20, { n: 1, m: 4 }),
    );
    expect(list).toEqual(float);
    expect(double).toEqual(float);
  });

  it('refuses a size that is no whole number of rows', () => {
    expect(() => thinErrors(new Float32Array(5), 4, { n: 2, m: 4 })).toThrow('number of errors: got 5');
    expect(() => thinErrors(new Float32Array(4), 0, { n: 2, m: 4 })).toThrow('number of channels, 0');
  });
});

describe('phaseDensity', () => {
  const methods = ['dense', 'sr-ste', 'sdgp', 'bdwp', 'bi-mask', 'transposable-nm', 'ste', 'sdwp', 'sparse-train', 'swat'];

  it('is the mean of three products, each dense or n / m', () => {
    fc.assert(
      fc.property(fc.constantFrom(...methods), fc.integer({ min: 1, max: 16 }), fc.nat(15), (method, m, less) => {
        const n = Math.max(1, m - less);
        const { training, ...phases } = phaseDensity(method, { n, m });
        const shares = Object.values(phases);
        for (const share of shares) expect([1, n / m]).toContain(share);
        expect(training).toBeCloseTo(shares.reduce((a, b) => a + b) / 3, 12);
      }),
    );
  });

  it('is 2 / 3 for bdwp, 5 / 6 for sdgp and 1 / 2 for swat at 2:4, by hand', () => {
    const training = methods.map((method) => Number(phaseDensity(method, { n: 2, m: 4 }).training.toFixed(6)));
    const [one, two] = [0.833333, 0.666667]; // products of three that are halved
    expect(training).toEqual([1, one, one, two, two, two, one, one, two, 0.5]);
    expect(phaseDensity('sparse-train', { n: 1, m: 4 })).toMatchObject({ forward: 1, inputGradient: 0.25, weightGradient: 0.25 });
  });

  it('is that of weights in use and of weights that train under top-kast, and a dense weight gradient under dropback', () => {
    const share = { n: 1, m: 10 };
    const trained = { ...share, weightUpdate: { n: 4, m: 10 } };
    const shares = { forward: 0.1, inputGradient: 0.1, weightGradient: 0.4 };
    expect(phaseDensity('top-kast', trained)).toEqual({ ...shares, training: expect.closeTo(0.2, 12) });
    expect(phaseDensity('bdwp', trained)).toEqual(phaseDensity('top-kast', trained));
    for (const method of ['top-kast', 'dropback']) expect(phaseDensity(method, share)).toEqual(phaseDensity('bdwp', share));
    expect(() => phaseDensity('dropback', trained)).toThrow('weightUpdate of dropback: got {"n":4,"m":10}, expected none');
    expect(() => phaseDensity('bdwp', { ...share, weightUpdate: { n: 5, m: 4 } })).toThrow('n: got 5');
    expect(phaseDensity('top-kast', { ...share, weightUpdate: { n: 2, m: 20 } }).weightGradient).toBe(0.1);
    const fewer = { n: 1, m: 2, weightUpdate: { n: 4, m: 10 } };
    expect(() => phaseDensity('top-kast', fewer)).toThrow(
      'weightUpdate of top-kast: got {"n":4,"m":10}, expected 1:2 at least, the weights in use. Let all weights in use get a gradient.',
    );
    expect(phaseDensity('bdwp', fewer).weightGradient).toBe(0.4);
  });

  it('refuses an unknown method', () => {
    expect(() => phaseDensity('bdpw', { n: 2, m: 4 })).toThrow('Did you mean bdwp');
  });
});
