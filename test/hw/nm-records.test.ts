import { describe, expect, it } from 'vitest';
import {
  type BitTensor,
  countBits,
  createAccelerator,
  getBit,
  network,
  onesBits,
  type SyntheticNm,
  type SyntheticOptions,
  syntheticRecords,
  trainingWorks,
} from '../../src/hw/index.js';

const vgg = network('vgg-small', { batch: 2 });
const bdwp: SyntheticNm = { n: 2, m: 8, passes: 'both' };
const options: SyntheticOptions = { seed: 3, sparsity: { W: 0, A: 0.4 }, images: 1 };
const drawn = (passes: SyntheticNm['passes'], net = vgg) => [...syntheticRecords(net, { ...options, nm: { ...bdwp, passes } })];

/** Ones in each group of 8 along an axis, the last or the one before it, of a tensor whose length there divides by 8. */
function groups({ shape, words }: BitTensor, axis: -1 | -2): number[] {
  const inner = axis === -1 ? 1 : shape[shape.length - 1];
  const counts: number[] = new Array((words.length * 32) / 8).fill(0);
  for (let i = 0; i < words.length * 32; i++) {
    const group = Math.floor(i / (8 * inner)) * inner + (i % inner);
    counts[group] += Number(getBit({ shape, words }, i));
  }
  return counts;
}

describe('synthetic records N:M', () => {
  it.each([
    ['both', -2, -1],
    ['forward', -2, -2],
    ['backward', undefined, -1],
  ] as const)('of %s are 2:8 along the reduction of each pass, with a dense gradient', (passes, forward, backward) => {
    const [, { W, backwardW, G, backwardE }] = drawn(passes);
    if (forward) expect(new Set(groups(W, forward))).toEqual(new Set([2]));
    else expect(countBits(W)).toBe(W.words.length * 32);
    expect(new Set(groups(backwardW, backward))).toEqual(new Set([2]));
    expect(W === backwardW).toBe(passes === 'forward');
    expect(countBits(G as BitTensor)).toBe(W.words.length * 32);
    expect(backwardE).toBeUndefined();
  });

  it('of errors keep two of the non-zeros of E in each eight, or the one that there is', () => {
    const [, { W, backwardW, E, backwardE }] = drawn('errors') as never as { [name: string]: BitTensor }[];
    expect([countBits(W), countBits(backwardW)]).toEqual([W.words.length * 32, W.words.length * 32]);
    const [all, kept] = [groups(E, -1), groups(backwardE, -1)];
    expect(kept).toEqual(all.map((count) => Math.min(2, count)));
    expect(backwardE.words.every((word, i) => (word & ~E.words[i]) === 0)).toBe(true);
    expect(Math.min(...all)).toBeLessThan(2);
  });

  it('leave the first layer, the last, products, groups and narrow layers dense, and have the maps of others', () => {
    const dense = [...syntheticRecords(vgg, options)];
    const thin = drawn('both');
    expect(thin.map(({ A, E }) => [A, E])).toEqual(dense.map(({ A, E }) => [A, E]));
    expect([thin[0], thin.at(-1)]).toEqual([dense[0], dense.at(-1)]);
    const isDense = ({ W }: { W: BitTensor }) => countBits(W) === countBits(onesBits(W.shape));
    const mobile = drawn('both', network('mobilenet-v1', { batch: 1, inputSize: 32 }));
    expect(mobile.filter(isDense).map(({ layer }) => layer)).toEqual(
      expect.arrayContaining(mobile.filter(({ nest }) => nest.groups > 1).map(({ layer }) => layer)),
    );
    expect(mobile.filter(isDense).length).toBe(13 + 2);
    const lenet = drawn('both', network('lenet5', { batch: 1 }));
    // conv2 takes six channels.
    expect(lenet.filter((record) => !isDense(record)).map(({ layer }) => layer)).toEqual(['fc1', 'fc2']);
    const bert = network('bert-base', { batch: 1, sequence: 4 });
    const [first, second, , scores] = drawn('both', { ...bert, layers: bert.layers.slice(0, 6) });
    expect([isDense(first), isDense(second), isDense(scores)]).toEqual([true, false, true]);
  });

  it('thin a kernel that is used again the same way', () => {
    const lstm = drawn('both', network('bi-lstm', { sequence: 3 })).filter(({ layer }) => layer === 'forward/recurrent');
    expect(lstm.length).toBe(3);
    expect(lstm[2].W).toEqual(lstm[0].W);
    expect(countBits(lstm[0].W) / (lstm[0].W.words.length * 32)).toBe(0.25);
  });

  it('are what the array of 002 is fast on: a quarter of the slots forward and back', () => {
    const cyclesOf = (name: string) => {
      const works = trainingWorks(drawn('both'), { slots: 2, masked: [] });
      const counts = createAccelerator(name).start().executeStep(works).works;
      const of = (phase: string) => counts.reduce((sum, work) => (work.phase === phase ? sum + work.cycles : sum), 0);
      return { products: of('forward') + of('inputGradient'), weightGradient: of('weightGradient') };
    };
    const [sat, dense] = [cyclesOf('sat'), cyclesOf('sat-dense')];
    expect(dense.products / sat.products).toBeGreaterThan(2.5);
    expect(sat.weightGradient).toBe(dense.weightGradient);
  });

  it('say what is wrong before anything is drawn', () => {
    const make =
      (more: object, net = vgg) =>
      () =>
        syntheticRecords(net, { ...options, ...more });
    expect(make({ nm: { ...bdwp, n: 9 } })).toThrow('n:m: got 9:8');
    expect(make({ nm: { ...bdwp, passes: 'bth' } })).toThrow(/^nm\.passes: got bth.*Did you mean both/);
    expect(make({ nm: { ...bdwp, pass: 'both' } })).toThrow('option of nm: got pass');
    expect(make({ nm: bdwp, sparsity: { W: 0.5, A: 0.4 } })).toThrow('sparsity.W: got 0.5, expected 0, as nm tells');
    // conv1 and fc3 are the first and the last, conv2 takes six channels, fc1 makes 120 and fc2 84.
    const lenet = network('lenet5', { batch: 1 });
    expect(make({ nm: { ...bdwp, m: 121 } }, lenet)).toThrow(
      /^nm for network lenet5: got 2:121, expected a layer of at least 121 channels.*Pass m of at most 120, the channels of layer fc1/,
    );
    expect(make({ nm: { ...bdwp, m: 120 } }, lenet)).not.toThrow();
    const ends = { ...lenet, layers: [lenet.layers[0], lenet.layers[4]] };
    expect(make({ nm: bdwp }, ends)).toThrow(/got 2:8.*Leave nm out/);
    const saved = { ...vgg, layers: vgg.layers.map((layer) => ({ ...layer, weights: onesBits([1]) })) };
    expect(make({ nm: bdwp }, saved)).toThrow('nm: got 2:8 beside the saved zeros of layer conv1a');
    expect(make({ nm: { ...bdwp, passes: 'errors' } }, saved)).not.toThrow();
  });
});
