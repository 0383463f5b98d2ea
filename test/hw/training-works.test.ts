import { describe, expect, it } from 'vitest';
import type { BitTensor, LayerTensors } from '../../src/hw/index.js';
import { bernoulliBits, countBits, denseNest, getBit, trainingWorks } from '../../src/hw/index.js';
import { createRng } from '../../src/rng.js';

const rng = createRng('works');

function record(layer: string, use: number, needsInputGradient: boolean): LayerTensors {
  const nest = denseNest({ batch: 4, inFeatures: 6, outFeatures: 5 });
  const W = bernoulliBits([6, 5], 0.3, rng);
  return {
    layer,
    use,
    nest,
    W,
    backwardW: bernoulliBits([6, 5], 0.3, rng),
    A: bernoulliBits([4, 6], 0.5, rng),
    E: bernoulliBits([4, 5], 0.5, rng),
    G: bernoulliBits([6, 5], 0.3, rng),
    needsInputGradient,
    batchTotal: 32,
  };
}

describe('the works of a training step', () => {
  it('run forward, then backward in reverse, then update each layer once', () => {
    const records = [record('a', 0, false), record('shared', 0, true), record('shared', 1, true), record('b', 0, true)];
    const works = trainingWorks(records, { slots: 2, masked: [] });
    expect(works.map(({ layer, phase }) => `${layer} ${phase}`)).toEqual([
      'a forward',
      'shared forward',
      'shared forward',
      'b forward',
      'b inputGradient',
      'b weightGradient',
      'shared inputGradient',
      'shared weightGradient',
      'shared inputGradient',
      'shared weightGradient',
      'a weightGradient',
      'a weightUpdate',
      'shared weightUpdate',
      'b weightUpdate',
    ]);
  });

  it('take the operands of the three GEMMs, the backward weights for the input gradient, and the scale of the sample', () => {
    const fc = record('fc', 0, true);
    const [forward, inputGradient, weightGradient, update] = trainingWorks([fc], { slots: 1, masked: ['other'] });
    expect(forward).toMatchObject({ input: { role: 'A', nonzeros: fc.A }, kernel: { role: 'W', nonzeros: fc.W }, imageScale: 8 });
    expect(inputGradient).toMatchObject({ input: { role: 'E', nonzeros: fc.E }, kernel: { role: 'W', nonzeros: fc.backwardW } });
    expect(weightGradient).toMatchObject({ input: { role: 'A' }, kernel: { role: 'E' } });
    expect(weightGradient).not.toHaveProperty('output');
    expect(update).toMatchObject({ kind: 'update', weights: { role: 'W', nonzeros: fc.W }, slots: 1, masked: false });
  });

  it('take what a method thins for one product alone into that one', () => {
    const thinned = { backwardE: bernoulliBits([4, 5], 0.2, rng), gradientA: bernoulliBits([4, 6], 0.2, rng) };
    const fc = { ...record('fc', 0, true), ...thinned };
    const [forward, inputGradient, weightGradient] = trainingWorks([fc], { slots: 1, masked: [] });
    expect(forward).toMatchObject({ input: { nonzeros: fc.A } });
    expect(inputGradient).toMatchObject({ input: { role: 'E', nonzeros: fc.backwardE }, kernel: { nonzeros: fc.backwardW } });
    expect(weightGradient).toMatchObject({ input: { role: 'A', nonzeros: fc.gradientA }, kernel: { role: 'E', nonzeros: fc.E } });
  });

  it('want, of a masked weight gradient, what W or G shows the mask to keep', () => {
    const fc = record('fc', 0, true);
    const work = trainingWorks([fc], { slots: 1, masked: ['fc'] }).find(({ phase }) => phase === 'weightGradient');
    if (work?.kind !== 'gemm' || !work.output) throw new Error('the masked weight gradient has no output');
    const { nonzeros, role } = work.output;
    expect(role).toBe('G');
    for (let i = 0; i < 30; i++) expect(getBit(nonzeros, i)).toBe(getBit(fc.W, i) || getBit(fc.G as BitTensor, i));
    expect(countBits(nonzeros)).toBeLessThan(30);
  });

  it('want all of a masked weight gradient that the method takes whole, and still update no more than the mask keeps', () => {
    const fc = record('fc', 0, true);
    const works = trainingWorks([fc], { slots: 1, masked: ['fc'], wholeGradient: ['fc'] });
    expect(works.find(({ phase }) => phase === 'weightGradient')).not.toHaveProperty('output');
    expect(works.at(-1)).toMatchObject({ phase: 'weightUpdate', masked: true });
  });

  it('update, of a masked layer, what has a gradient in any of its uses besides what is not 0: what has grown', () => {
    const bits = (...ones: number[]) => ({ shape: [6, 5], words: Uint32Array.of(ones.reduce((word, i) => word | (1 << i), 0)) });
    const uses = [bits(), bits(1), bits(0, 2)].map((G, use) => ({ ...record('fc', use, true), W: bits(0), G }));
    const updated = (masked: string[]) => {
      const work = trainingWorks(uses, { slots: 1, masked }).at(-1);
      return work?.kind === 'update' ? work.weights.nonzeros.words : undefined;
    };
    expect(updated(['fc'])).toEqual(Uint32Array.of(0b111));
    expect(updated([])).toEqual(Uint32Array.of(0b1));
  });

  it('of a frozen layer are its forward pass, and its input gradient where an earlier layer is trained', () => {
    const frozen = { ...record('frozen', 0, true), G: undefined };
    const first = { ...record('first', 0, false), E: undefined, G: undefined };
    const works = trainingWorks([first, frozen], { slots: 1, masked: [] });
    expect(works.map(({ layer, phase }) => `${layer} ${phase}`)).toEqual([
      'first forward',
      'frozen forward',
      'frozen inputGradient',
    ]);
  });
});
