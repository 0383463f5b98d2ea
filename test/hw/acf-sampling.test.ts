import * as fc from 'fast-check';
import { createRng } from 'tfjs-sparsity';
import {
  acf,
  type BitTensor,
  bernoulliBits,
  convNest,
  costOf,
  denseNest,
  type GemmWork,
  type LoopNest,
  type Operand,
  sliceBits,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { phases, workOf } from './support/small-works.js';

const sizeOf = (shape: readonly number[]) => shape.reduce((product, axis) => product * axis, 1);

const dataflows = ['WS', 'OS', 'IS'] as const;

/** A batch of 32 on the default array. */
const nests: Readonly<Record<string, LoopNest>> = {
  dense: denseNest({ batch: 32, inFeatures: 256, outFeatures: 120 }),
  plain: convNest({ batch: 32, inSize: [24, 24], inChannels: 8, outChannels: 32, kernelSize: [3, 3] }),
  strided: convNest({ batch: 32, inSize: [17, 17], inChannels: 8, outChannels: 16, kernelSize: [3, 3], stride: [2, 2] }),
  grouped: convNest({ batch: 32, inSize: [16, 16], inChannels: 8, outChannels: 8, kernelSize: [3, 3], groups: 4 }),
};

function first(options: Parameters<typeof acf>[0], work: GemmWork): WorkCounts {
  return acf(options).start().executeStep([work]).works[0];
}

/** The work with the first images of its batch, which stand for all. */
function sampled(work: GemmWork, images: number): GemmWork {
  const cut = (operand: Operand): Operand => {
    const { shape } = operand.nonzeros;
    const bits = sliceBits(operand.nonzeros, 0, (images * sizeOf(shape)) / shape[0]);
    return { ...operand, nonzeros: { ...bits, shape: [images, ...shape.slice(1)] } };
  };
  return {
    ...work,
    nest: { ...work.nest, batch: images },
    imageScale: work.nest.batch / images,
    input: cut(work.input),
    kernel: work.phase === 'weightGradient' ? cut(work.kernel) : work.kernel,
  };
}

describe('sampled images on the fabric', () => {
  // Not the stationary weight gradient: its lanes drift apart along the reduction, the more the longer it is.
  const cases = Object.keys(nests).flatMap((name) =>
    phases.flatMap((phase) =>
      (phase === 'weightGradient' ? (['OS'] as const) : dataflows).map((flow) => [name, phase, flow] as const),
    ),
  );

  it.each(cases)('%s, %s, %s: a quarter of the batch tells what all of it costs, to 9 percent', (name, phase, dataflow) => {
    const work = workOf(nests[name], phase, { input: 0.4, kernel: phase === 'weightGradient' ? 0.4 : 0.2 }, 5);
    const accelerator = acf({ dataflow });
    const [whole, ...parts] = [32, 16, 8].map((images) => first({ dataflow }, sampled(work, images)));
    for (const part of parts) {
      expect(part.macs.dense).toBe(whole.macs.dense);
      expect(part.cycles / whole.cycles).toBeGreaterThan(0.91);
      expect(part.cycles / whole.cycles).toBeLessThan(1.09);
      const energy = costOf(part, accelerator.energyTable).energyPj / costOf(whole, accelerator.energyTable).energyPj;
      expect(energy).toBeGreaterThan(0.91);
      expect(energy).toBeLessThan(1.09);
    }
  });

  describe.each(['plain', 'strided'])('of the stationary weight gradient, %s', (name) => {
    const whole = workOf(nests[name], 'weightGradient', { input: 0.4, kernel: 0.4 }, 5);
    const uneven = unevenChannels(whole, 9);

    it.each(['WS', 'IS'] as const)('tell all cycles where drifting lanes do not wait for words, to 3 percent: %s', (dataflow) => {
      const unbound = { dataflow, linkWords: 1024, banks: 1, injectors: 2 ** 20, queueDepth: 2 ** 24, accumulatorPorts: 2 ** 24 };
      for (const work of [whole, uneven]) {
        const ratio = first(unbound, sampled(work, 8)).cycles / first(unbound, work).cycles;
        expect(ratio).toBeGreaterThan(0.97);
        expect(ratio).toBeLessThan(1.03);
      }
    });

    it.each(['WS', 'IS'] as const)('tell too few cycles, for want of waits in delivery alone: %s', (dataflow) => {
      for (const work of [whole, uneven]) {
        const [all, part] = [first({ dataflow }, work), first({ dataflow }, sampled(work, 8))];
        const waits = ({ idleUnitCycles, units }: WorkCounts) => (idleUnitCycles.multicast + idleUnitCycles.banks) / units;
        expect(part.cycles).toBeLessThan(all.cycles);
        expect(part.cycles).toBeGreaterThan(0.8 * all.cycles);
        expect(waits(part)).toBeLessThan(waits(all));
        expect(Math.abs(part.cycles - waits(part) - (all.cycles - waits(all)))).toBeLessThan(0.06 * all.cycles);
      }
    });
  });

  it.each(phases)('of equal images one tells all in a %s that fits few tiles', (phase) => {
    const nest = denseNest({ batch: 12, inFeatures: 40, outFeatures: 20 });
    const one = bernoulliBits([1, 40], 0.5, createRng(1));
    const error = bernoulliBits([1, 20], 0.5, createRng(2));
    const equal = ({ shape, words }: BitTensor): BitTensor => ({
      shape: [12, ...shape.slice(1)],
      words: repeated(words, sizeOf(shape), 12),
    });
    const work = workOf(nest, phase, { input: 0.5, kernel: 0.5 }, 3);
    const operands = { A: equal(one), E: equal(error), W: work.kernel.nonzeros, G: work.kernel.nonzeros };
    const all: GemmWork = {
      ...work,
      input: { ...work.input, nonzeros: operands[work.input.role] },
      kernel: { ...work.kernel, nonzeros: operands[work.kernel.role] },
    };
    for (const dataflow of dataflows) {
      expect(first({ rows: 4, cols: 4, dataflow }, sampled(all, 1))).toEqual(first({ rows: 4, cols: 4, dataflow }, all));
    }
  });

  it('loses no unit-cycle when images stand for others', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(nests)),
        fc.constantFrom(...phases),
        fc.constantFrom(...dataflows),
        fc.integer({ min: 1, max: 31 }),
        (nest, phase, dataflow, images) => {
          const { usefulUnitCycles, idleUnitCycles, units, cycles } = first(
            { dataflow },
            sampled(workOf(nest, phase, { input: 0.3, kernel: 0.3 }, 7), images),
          );
          const idle = Object.values(idleUnitCycles).reduce((a, b) => a + b, 0);
          expect((usefulUnitCycles + idle) / (units * cycles)).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 25, seed: 41 },
    );
  });
});

/** The work with channels of unequal density: of each channel a share of the non-zeros, drawn for it. */
function unevenChannels(work: GemmWork, seed: number): GemmWork {
  const rng = createRng(seed);
  const thinned = (operand: Operand): Operand => {
    const { shape, words } = operand.nonzeros;
    const channels = shape[shape.length - 1];
    const kept = Float64Array.from({ length: channels }, () => 0.3 + 0.7 * rng.uniform());
    const thin = words.slice();
    for (let i = 0; i < sizeOf(shape); i++) if (rng.uniform() > kept[i % channels]) thin[i >>> 5] &= ~(1 << (i & 31));
    return { ...operand, nonzeros: { shape, words: thin } };
  };
  return { ...work, input: thinned(work.input), kernel: thinned(work.kernel) };
}

/** `bits` bits, `times` times in a row. */
function repeated(words: Uint32Array, bits: number, times: number): Uint32Array {
  const all = new Uint32Array(Math.ceil((bits * times) / 32));
  for (let i = 0; i < bits * times; i++) {
    const from = i % bits;
    if ((words[from >> 5] >>> (from & 31)) & 1) all[i >> 5] |= 1 << (i & 31);
  }
  return all;
}
