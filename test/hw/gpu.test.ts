import * as fc from 'fast-check';
import {
  bernoulliBits,
  bitsFrom,
  convNest,
  createEstimator,
  type EstimatedWork,
  type Estimator,
  estimatorPresets,
  type GemmWork,
  gemmShapes,
  onesBits,
  type PhaseWork,
  roofline,
  sparseLibrary,
  trainingWorks,
  workMacs,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { isTwoOfFour } from '../../src/hw/gpu/two-of-four.js';
import { createRng } from '../../src/rng.js';
import { slowMacs } from './support/reference.js';
import { densities, phases, sampledWorks, workOf } from './support/small-works.js';

const names = Object.keys(estimatorPresets);
const first = (estimator: Estimator, work: PhaseWork): EstimatedWork => estimator.estimateStep([work]).works[0];

/** A square dense layer: bound by computing where it is large. */
function square(size: number, density = 1): GemmWork {
  const nest = convNest({ batch: size, inSize: [1], inChannels: size, outChannels: size, kernelSize: [1] });
  const kernel = density === 1 ? onesBits([size, size]) : bernoulliBits([size, size], density, createRng(1));
  const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
  return { ...work, kernel: { ...work.kernel, nonzeros: kernel } };
}

describe.each(names)('the estimator %s', (name) => {
  const estimator = createEstimator(name);

  it('launches a product of two activations once, with one image drawn as with all of the batch', () => {
    const nest = (batch: number) => convNest({ batch, inSize: [4], inChannels: 8, outChannels: 8, kernelSize: [1], groups: 2 });
    const [one, all] = [1, 8].map((batch) => {
      const [A, W] = [onesBits([batch, 4, 8]), onesBits([batch, 4, 8])];
      const record = { layer: 'scores', use: 0, nest: nest(batch), W, backwardW: W, A, needsInputGradient: true, batchTotal: 8 };
      return estimator.estimateStep(trainingWorks([{ ...record, kernelRole: 'A' }], { slots: 0, masked: [] }));
    });
    expect([one.works.length, all.works.length]).toEqual([8, 1]);
    for (const bound of ['low', 'high'] as const) {
      expect(one.seconds[bound]).toBeCloseTo(all.seconds[bound], 12);
      expect(one.energyJ[bound]).toBeCloseTo(all.energyJ[bound], 9);
    }
  });

  it('gives bounds in their order, counts as the definition does, and adds works up', () => {
    const update = fc.record({
      size: fc.integer({ min: 1, max: 99 }),
      slots: fc.integer({ min: 0, max: 2 }),
      density: densities,
    });
    const updates = update.map(({ size, slots, density }) => ({
      ...({ kind: 'update', layer: 'fc', phase: 'weightUpdate', masked: true } as const),
      weights: { role: 'W' as const, source: 'fc', nonzeros: bernoulliBits([size], density, createRng(1)) },
      slots,
    }));
    fc.assert(
      fc.property(fc.array(fc.oneof(sampledWorks, updates), { minLength: 1, maxLength: 3 }), (works) => {
        const step = estimator.estimateStep(works);
        works.forEach((work, i) => {
          const { seconds, energyJ, macs, dramBytes, layer, phase } = step.works[i];
          expect([layer, phase]).toEqual([work.layer, work.phase]);
          for (const { low, high } of [seconds, energyJ]) {
            expect(low).toBeGreaterThanOrEqual(0);
            expect(high).toBeGreaterThanOrEqual(low);
          }
          for (const bytes of Object.values(dramBytes)) expect(bytes).toBeGreaterThanOrEqual(0);
          const scale = work.kind === 'gemm' ? work.imageScale : 1;
          expect(macs.dense).toBeCloseTo(workMacs(work) * scale, 6);
          expect(macs.executed).toBeGreaterThanOrEqual(macs.effectual - 1e-6);
          if (work.kind === 'gemm') expect(macs.effectual).toBeCloseTo(slowMacs(work).effectual * scale, 6);
        });
        for (const bound of ['low', 'high'] as const) {
          const sum = step.works.reduce((total, { seconds }) => total + seconds[bound], 0);
          expect(step.seconds[bound]).toBe(sum);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is built again from its spec, and says where each of its constants comes from', () => {
    const { spec } = estimator;
    expect(createEstimator(JSON.parse(JSON.stringify(spec))).spec).toEqual(spec);
    expect(spec).toEqual(estimatorPresets[name]);
    const fields = Object.keys(spec).filter((field) => !['kind', 'name', 'sources'].includes(field));
    expect(Object.keys(estimatorPresets[name].sources).sort()).toEqual(fields.sort());
  });

  it('refuses numbers that are none, works that do not fit, and ranges upside down', () => {
    for (const field of Object.keys(estimatorPresets[name]).filter((key) => typeof estimatorPresets[name][key] === 'number')) {
      for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, 'many']) {
        const spec = { ...estimatorPresets[name], [field]: value };
        expect(() => createEstimator(spec)).toThrow(new RegExp(`^estimator ${name}\\.${field}: got .*, expected .+`));
      }
    }
    const work = square(4);
    const wrong = { ...work, kernel: { ...work.kernel, nonzeros: onesBits([3, 3]) } };
    expect(() => estimator.estimateStep([wrong])).toThrow('shape of W: got [3,3], expected 16 elements');
    const weights = { role: 'W', source: 'fc', nonzeros: onesBits([4]) } as const;
    const update = { kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 0.5, masked: false } as const;
    expect(() => estimator.estimateStep([update])).toThrow('slots: got 0.5, expected an integer of at least 0');
    expect(() => estimator.estimateStep([{ ...work, imageScale: 1.3 }])).toThrow(
      'images of the batch: got 5.2, expected a whole number',
    );
    const upside = { ...estimatorPresets[name], efficiencyLow: 0.7 };
    expect(() => createEstimator(upside)).toThrow('efficiencyLow: got 0.7, expected efficiencyHigh at most');
    expect(() => createEstimator({ ...estimatorPresets[name], idleW: 500 })).toThrow('idleW: got 500, expected boardW at most');
  });
});

describe('the A100 (ledger 1.5)', () => {
  const ideal = { efficiencyLow: 1, efficiencyHigh: 1, launchMicroseconds: 0 };
  const peakOf = (name: string, work: GemmWork) => {
    const estimator = createEstimator({ ...estimatorPresets[name], ...ideal, dramGbPerSecond: 1e9 });
    return (2 * workMacs(work)) / first(estimator, work).seconds.low / 1e12;
  };

  it.each([
    ['a100-fp32', 19.5],
    ['a100-tf32', 156],
    ['a100-fp16', 312],
  ])('%s peaks at %d TFLOP/s', (name, tflops) => {
    expect(peakOf(name, square(64))).toBeCloseTo(tflops, 6);
  });

  it.each([
    ['a100-tf32-2-4', 312],
    ['a100-fp16-2-4', 624],
  ])('%s peaks at %d TFLOP/s on 2:4 weights, and at half of that on others', (name, tflops) => {
    const values = Array.from({ length: 64 * 64 }, (_, i) => Number(Math.floor(i / 64) % 4 < 2)); // along the inputs
    const work = square(64);
    const structured = { ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(values, [64, 64]) } };
    expect(peakOf(name, structured)).toBeCloseTo(tflops, 6);
    expect(peakOf(name, work)).toBeCloseTo(tflops / 2, 6);
  });

  it('moves 1555 GB/s, or 2039 GB/s with 80 GB', () => {
    const work = square(8);
    const bytes = (name: string) => Object.values(first(createEstimator(name), work).dramBytes).reduce((a, b) => a + b, 0);
    for (const [name, rate] of [
      ['a100-fp16', 1555e9],
      ['a100-80gb-fp16', 2039e9],
    ] as const) {
      expect(bytes(name)).toBe(3 * 64 * 2);
      const estimator = createEstimator({ ...estimatorPresets[name], ...ideal });
      expect(first(estimator, work).seconds.low).toBeCloseTo(bytes(name) / rate, 15);
    }
  });

  it('is 9.5 times as fast in FP32 as 1024 multipliers at 1 GHz, at both peaks (claim 44)', () => {
    expect(peakOf('a100-fp32', square(64)) / 2.048).toBeCloseTo(9.52, 2);
  });

  it('spends 400 W at most, and its bounds are 0.3 and 0.6 of the roof and 5 us apart', () => {
    const work = square(256);
    const { seconds, energyJ } = first(roofline(), work);
    const roof = (2 * 256 ** 3) / 19.5e12;
    expect(seconds.low).toBeCloseTo(roof / 0.6, 12);
    expect(seconds.high).toBeCloseTo(roof / 0.3 + 5e-6, 12);
    expect(energyJ.high).toBeCloseTo(400 * seconds.high, 12);
    expect(energyJ.low).toBeCloseTo((60 + 340 * 0.6) * seconds.low, 12);
  });

  it('multiplies padding, and gains nothing from unstructured zeros', () => {
    const nest = convNest({ batch: 1, inSize: [5, 5], inChannels: 4, outChannels: 4, kernelSize: [3, 3], padding: 'same' });
    for (const phase of phases) {
      const [sparse, dense] = [0.1, 1].map((density) =>
        first(roofline(), workOf(nest, phase, { input: density, kernel: density }, 1)),
      );
      expect(sparse.seconds).toEqual(dense.seconds);
      expect(dense.macs.executed).toBe(gemmShapes(nest, phase).reduce((sum, { m, n, k }) => sum + m * n * k, 0));
      expect(dense.macs.executed).toBeGreaterThan(dense.macs.dense);
    }
  });
});

describe('2:4 along the reduction', () => {
  const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 8, outChannels: 8, kernelSize: [3, 3] });
  const withWeights = (phase: (typeof phases)[number], isKept: (input: number, output: number) => boolean): GemmWork => {
    const work = workOf(nest, phase, { input: 1, kernel: 1 }, 1);
    const values = Array.from({ length: 9 * 64 }, (_, i) => Number(isKept(Math.floor(i / 8) % 8, i % 8)));
    return phase === 'weightGradient'
      ? { ...work, output: { role: 'G', source: 'layer', nonzeros: bitsFrom(values, [1, 3, 3, 8, 8]) } }
      : { ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(values, [1, 3, 3, 8, 8]) } };
  };

  it.each([
    ['the input channels: forward only', (input: number) => input % 4 < 2, [true, false, false]],
    ['the output channels: back only', (_: number, output: number) => output % 4 < 2, [false, true, false]],
    ['both: forward and back', (input: number, output: number) => (input + output) % 4 < 2, [true, true, false]],
    ['neither', (input: number) => input % 8 < 3, [false, false, false]],
  ] as const)('holds for weights pruned along %s', (_, isKept, expected) => {
    expect(phases.map((phase) => isTwoOfFour(withWeights(phase, isKept)))).toEqual(expected);
    const gpu = roofline({ structured: true });
    phases.forEach((phase, i) => {
      expect(first(gpu, withWeights(phase, isKept)).decisions).toEqual({ kernel: expected[i] ? '2:4' : 'dense' });
    });
  });

  it('is what counting the non-zeros of all groups says', () => {
    const works = fc
      .record({ channels: fc.integer({ min: 1, max: 9 }), density: densities, seed: fc.integer(), kernel: fc.constantFrom(1, 3) })
      .map(({ channels, density, seed, kernel }) => {
        const small = { batch: 1, inSize: [3, 3], inChannels: channels, outChannels: 2, kernelSize: [kernel, kernel] };
        return workOf(convNest(small), 'forward', { input: 1, kernel: density }, seed);
      });
    fc.assert(
      fc.property(works, (work) => {
        const { words, shape } = work.kernel.nonzeros;
        const reductions = shape.slice(0, -1).reduce((a, b) => a * b);
        let obeys = true;
        for (let output = 0; output < 2; output++)
          for (let from = 0; from < reductions; from += 4) {
            let kept = 0;
            for (let k = from; k < Math.min(from + 4, reductions); k++)
              kept += (words[(2 * k + output) >>> 5] >>> ((2 * k + output) & 31)) & 1;
            if (kept > 2) obeys = false;
          }
        expect(isTwoOfFour(work)).toBe(obeys);
      }),
    );
  });
});

it.each([
  [1, 'dense', 1],
  [2, 'dense', 2],
  [3, '2:4', 2],
  [4, '2:4', 2],
  [8, '2:4', 4],
])('of %d products a sparse tensor core makes those of a %s kernel: %d', (inFeatures, kernel, products) => {
  const layer = convNest({ batch: 3, inSize: [1], inChannels: inFeatures, outChannels: 64, kernelSize: [1] });
  const values = Array.from({ length: inFeatures * 64 }, (_, i) => Number(Math.floor(i / 64) % 4 < 2));
  const work = workOf(layer, 'forward', { input: 1, kernel: 1 }, 1);
  const pruned = { ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(values, [inFeatures, 64]) } };
  const { decisions, macs } = first(roofline({ structured: true }), pruned);
  expect(decisions).toEqual({ kernel });
  expect(macs.executed).toBe(3 * 64 * products);
});

describe('a sparse library', () => {
  it('takes as long as the dense kernel at its break-even density, and is faster below', () => {
    const one = { breakEvenLow: 0.25, breakEvenHigh: 0.25, dramGbPerSecond: 1e9, launchMicroseconds: 0 };
    const library = sparseLibrary(one);
    const dense = first(roofline({ dramGbPerSecond: 1e9, launchMicroseconds: 0 }), square(64)).seconds;
    const values = (kept: number) => Array.from({ length: 64 * 64 }, (_, i) => Number(i % 64 < kept));
    const at = (kept: number) => {
      const work = square(64);
      return first(library, { ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(values(kept), [64, 64]) } });
    };
    expect(at(16).seconds.low).toBeCloseTo(dense.low, 15);
    expect(at(8).seconds.low).toBeCloseTo(dense.low / 2, 15);
    expect(at(8).seconds.high).toBeCloseTo(dense.high / 2, 15);
    expect(at(32)).toMatchObject({ seconds: dense, decisions: { low: 'dense', high: 'dense' } });
    expect(at(8).decisions).toEqual({ low: 'sparse', high: 'sparse' });
    expect(at(8).macs.executed).toBe(64 ** 3 / 8);
  });

  it('moves the weights as CSR', () => {
    const work = square(64, 0.01);
    const { dramBytes, macs } = first(sparseLibrary(), work);
    expect(dramBytes.W).toBe((macs.executed / 64) * 8 + 65 * 4);
  });

  it('samples a weight gradient where it is told which gradients are wanted, and else multiplies all of it', () => {
    const nest = convNest({ batch: 32, inSize: [8, 8], inChannels: 32, outChannels: 32, kernelSize: [3, 3] });
    const all = first(sparseLibrary(), workOf(nest, 'weightGradient', { input: 0.5, kernel: 0.5 }, 1));
    const few = first(sparseLibrary(), workOf(nest, 'weightGradient', { input: 0.5, kernel: 0.5, output: 0.01 }, 1));
    expect(all.decisions).toEqual({ low: 'dense', high: 'dense' });
    expect(few.decisions.low).toBe('sparse');
    expect(few.seconds.low).toBeLessThan(all.seconds.low);
  });

  it('refuses break-even densities upside down', () => {
    expect(() => sparseLibrary({ breakEvenLow: 0.5 })).toThrow('breakEvenLow: got 0.5, expected breakEvenHigh at most');
  });
});

it('an estimator that does not exist is answered with the nearest name', () => {
  expect(() => createEstimator('a100-fp')).toThrow(/estimator: got a100-fp, expected .*Did you mean a100-fp/);
  expect(() => createEstimator({ kind: 'roof', name: 'x' })).toThrow(/kind of estimator: got roof, .*Did you mean roofline/);
});
