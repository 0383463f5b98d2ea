import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../src/hw/bits.js';
import type { BitTensor } from '../../src/hw/contracts.js';
import {
  countBits,
  effectualMacs,
  network,
  type SyntheticMaps,
  type SyntheticOptions,
  syntheticRecords,
  trainingWorks,
} from '../../src/hw/index.js';

const vgg = network('vgg-small', { batch: 8, inputSize: 16 });
const options = { seed: 3, sparsity: { W: 0.9, A: 0.4 } } as const;
const kinds: SyntheticMaps[] = ['bernoulli', 'rowBeta', 'smooth'];
const density = (bits?: BitTensor) => countBits(bits as BitTensor) / sizeOf((bits as BitTensor).shape);
const records = (more: Partial<SyntheticOptions> = {}, net = vgg) => [...syntheticRecords(net, { ...options, ...more })];

describe('synthetic records', () => {
  it.each(kinds)('of kind %s fit the nests of their layers, and are works that the models take', (maps) => {
    const net = network('mobilenet-v1', { batch: 4, inputSize: 32 });
    const all = records({ maps, images: 2 }, net);
    expect(all.map(({ layer }) => layer)).toEqual(net.layers.map(({ name }) => name));
    for (const { nest, W, A, E, G, backwardW, batchTotal, use } of all) {
      expect([nest.batch, batchTotal, use]).toEqual([2, 4, 0]);
      expect(W.shape).toEqual([...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels]);
      expect(A.shape).toEqual([2, ...nest.inSize, nest.inChannels]);
      expect(E?.shape).toEqual([2, ...nest.outSize, nest.outChannels]);
      expect([G, backwardW]).toEqual([W, W]);
      for (const bits of [W, A, E as BitTensor]) expect(bits.words.length).toBe(Math.ceil(sizeOf(bits.shape) / 32));
    }
    const works = trainingWorks(all, { slots: 1, masked: all.map(({ layer }) => layer) });
    expect(works.filter(({ phase }) => phase === 'inputGradient').length).toBe(all.length - 1);
    const forward = works.find((work) => work.kind === 'gemm' && work.layer === 'conv3_pw');
    if (forward?.kind !== 'gemm') throw new Error('no forward work');
    expect(effectualMacs(forward)).toBeGreaterThan(0);
    expect(forward.imageScale).toBe(2);
  });

  it.each(kinds)('of kind %s have the declared zeros: none in the image, ReLU and dropout in A and E, pruning in W', (maps) => {
    const all = Object.fromEntries(records({ maps, spread: 0.1 }).map((record) => [record.layer, record]));
    expect(density(all.conv1a.A)).toBe(1);
    expect(density(all.conv2a.A)).toBeCloseTo(0.6, 1);
    expect(density(all.conv2a.E)).toBeCloseTo(0.6, 1);
    expect(density(all.conv3b.W)).toBeCloseTo(0.1, 1);
    expect(density(all.fc1.A)).toBeCloseTo(0.6 * 0.7, 1);
    expect(density(all.fc1.E)).toBeCloseTo(0.6 * 0.5, 1);
    expect(density(all.out.E)).toBe(1);
  });

  it('draw both factors of attention for each image, without weights or their gradients', () => {
    const bert = { ...network('bert-base', { batch: 3, sequence: 5 }) };
    const all = records({ images: 2, sparsity: { W: 0.9, A: 0.4, second: 0.25 } }, { ...bert, layers: bert.layers.slice(0, 5) });
    const [, , value, scores, context] = all;
    expect([scores.W.shape, scores.A.shape, scores.E?.shape]).toEqual([
      [2, 1, 1, 64, 60],
      [2, 1, 1, 5, 768],
      [2, 1, 1, 5, 60],
    ]);
    expect([scores.kernelRole, scores.G, scores.batchTotal, value.kernelRole]).toEqual(['A', undefined, 3, undefined]);
    expect([density(scores.A), density(value.W).toFixed(1), density(context.A).toFixed(1)]).toEqual([1, '0.1', '0.9']);
    expect(density(scores.W)).toBeCloseTo(0.75, 1);
    const phases = trainingWorks(all, { slots: 1, masked: [] }).map(({ layer, phase }) => `${layer} ${phase}`);
    expect(phases.filter((phase) => phase.startsWith('layer1_scores')).length).toBe(2 * 3);
    expect(phases.filter((phase) => /scores|context/.test(phase) && /weight/.test(phase))).toEqual([]);
  });

  it('give a kernel that is used again the same zeros, and each use its own maps', () => {
    const lstm = network('bi-lstm', { sequence: 3 });
    const uses = records({ sparsity: { W: 0.5, A: () => 0.5, E: 0.5 } }, lstm).filter(
      ({ layer }) => layer === 'forward/recurrent',
    );
    expect(uses.map(({ use }) => use)).toEqual([0, 1, 2]);
    expect(uses[1].W).toBe(uses[0].W);
    expect(uses[1].A.words).not.toEqual(uses[0].A.words);
    expect(trainingWorks(uses, { slots: 1, masked: [] }).filter(({ kind }) => kind === 'update').length).toBe(1);
  });

  it('leave the zeros of known weights where they are', () => {
    const lenet = network('lenet5');
    const weights = { shape: [1, 1, 1, 84, 10], words: new Uint32Array(27).fill(5) };
    const layers = lenet.layers.map((layer) => (layer.name === 'out' ? { ...layer, weights } : layer));
    const all = records({}, { ...lenet, layers });
    expect(all.at(-1)?.W).toBe(weights);
    expect(density(all[2].W)).toBeCloseTo(0.1, 1);
  });

  it('take sparsities that differ by layer and by tensor', () => {
    const W = ({ kind }: { kind: string }) => (kind === 'dense' ? 0.5 : 0);
    const A = ({ name }: { name: string }) => (name === 'conv2a' ? 1 : 0.2);
    const all = Object.fromEntries(records({ sparsity: { W, A, E: 0.8 } }).map((record) => [record.layer, record]));
    expect([density(all.conv2a.W), density(all.conv2a.A), density(all.fc1.W).toFixed(1)]).toEqual([1, 0, '0.5']);
    expect(density(all.conv1a.A)).toBeCloseTo(0.8, 1);
    expect(density(all.conv2a.E)).toBeCloseTo(0.2, 1);
  });

  it.each(kinds)(
    'of kind %s are the same bytes for the same seed, walked again or laid out anew, whatever other layers there are',
    (maps) => {
      const lenet = network('lenet5', { batch: 2 });
      const iterable = syntheticRecords(lenet, { ...options, maps });
      const [again, once] = [[...iterable], [...iterable]];
      expect(again).toEqual(once);
      const alone = records({ maps }, { ...lenet, layers: lenet.layers.slice(3) });
      expect(alone).toEqual(once.slice(3));
      expect(records({ maps, seed: 4 }, lenet)[2].A.words).not.toEqual(once[2].A.words);
      expect(once[2].A.words).not.toEqual(once[2].E?.words);
    },
  );

  it('give maps of equal density in other places for each kind', () => {
    const [bernoulli, rowBeta, smooth] = kinds.map((maps) => records({ maps, spread: 0.5 })[1].A);
    const rows = (bits: BitTensor) => {
      // Ones by image and y, over all channels: 8 images of 16 rows.
      const perRow = bits.words.length / (8 * 16);
      const counts = Array.from({ length: 8 * 16 }, (_, i) =>
        countBits({ shape: [perRow * 32], words: bits.words.subarray(i * perRow, (i + 1) * perRow) }),
      );
      const average = counts.reduce((a, b) => a + b) / counts.length;
      return Math.sqrt(counts.reduce((sum, count) => sum + (count / average - 1) ** 2, 0) / counts.length);
    };
    expect(rows(rowBeta)).toBeGreaterThan(1.5 * rows(bernoulli));
    expect(rows(smooth)).toBeGreaterThan(1.5 * rows(rowBeta));
  });

  it('make one layer at a time', () => {
    const iterator = syntheticRecords(network('efficientnet-b7', { batch: 2 }), options)[Symbol.iterator]();
    expect(iterator.next().value.layer).toBe('stem');
  });

  it('make a large network in a time that grows with its elements', () => {
    // Time per element at 2 and at 16 images; quadratic growth would show as 8.
    const secondsPerElement = (batch: number) => {
      const from = process.cpuUsage();
      let elements = 0;
      for (const { W, A, E } of syntheticRecords(network('resnet20', { batch }), { ...options, maps: 'smooth' })) {
        elements += sizeOf(W.shape) + sizeOf(A.shape) + sizeOf(E?.shape ?? []);
      }
      return process.cpuUsage(from).user / elements;
    };
    secondsPerElement(2);
    expect(secondsPerElement(16) / secondsPerElement(2)).toBeLessThan(4);
  });

  it('say what is wrong before anything is drawn', () => {
    const make = (more: object) => () => syntheticRecords(vgg, { ...options, ...more });
    expect(make({ images: 9 })).toThrow('images: got 9, expected 1 to 8, the batch of network vgg-small');
    expect(make({ images: 0 })).toThrow('images: got 0');
    const wide = network('lenet5', { batch: 1, inputSize: 1e8 });
    expect(() => syntheticRecords(wide, { seed: 1, sparsity: { W: 0.9, A: 0.4 } })).toThrow(
      /^layer conv1: got a map of \d\S+ elements, expected at most 4294967296\. Take fewer images/,
    );
    expect(make({ maps: 'smoth' })).toThrow('Did you mean smooth');
    expect(make({ spread: 1 })).toThrow('spread: got 1');
    expect(make({ sparsity: { W: 1.2, A: 0.4 } })).toThrow('sparsity.W: got 1.2');
    expect(make({ sparsity: { W: 0.9 } })).toThrow('sparsity.A: got undefined');
    expect(make({ sparsity: { W: 0.9, A: () => 0.4 } })).toThrow('sparsity.E: got undefined');
    expect(make({ sparsity: { W: 0.9, A: 0.4, second: -1 } })).toThrow('sparsity.second: got -1');
    expect(make({ sparsity: undefined })).toThrow('sparsity.W: got undefined');
    expect(make({ density: 1 })).toThrow('option of syntheticRecords: got density');
    const odd = syntheticRecords(vgg, { ...options, sparsity: { W: () => 2, A: 0.4 } });
    expect(() => [...odd]).toThrow('sparsity.W of layer conv1a: got 2');
  });
});
