import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convNest, denseMacs, denseNest } from '../../src/hw/index.js';
import { forEachProduct, smallNests } from './support/reference.js';

describe('loop nests', () => {
  it('count as many dense products as the seven loops visit', () => {
    fc.assert(
      fc.property(smallNests, (nest) => {
        let products = 0;
        forEachProduct(nest, () => products++);
        expect(denseMacs(nest)).toBe(products);
      }),
    );
  });

  it('have the published multiply-accumulates of known layers, where the paper counts padding out', () => {
    expect(denseMacs(denseNest({ batch: 1, inFeatures: 4096, outFeatures: 1000 }))).toBe(4_096_000);
    // AlexNet conv1 without padding: 55 * 55 * 96 * 3 * 11 * 11 (ledger A13 counts the same).
    expect(
      denseMacs(convNest({ batch: 1, inSize: [227, 227], inChannels: 3, outChannels: 96, kernelSize: [11, 11], stride: [4, 4] })),
    ).toBe(105_415_200);
    const depthwise = convNest({ batch: 1, inSize: [5, 5], inChannels: 4, outChannels: 8, kernelSize: [3, 3], groups: 4 });
    expect(denseMacs(depthwise)).toBe(9 * 8 * 9);
  });

  it('follow the padding rules of TensorFlow', () => {
    const base = { batch: 2, inSize: [28, 5], inChannels: 1, outChannels: 6, kernelSize: [5, 4], stride: [2, 3] };
    const same = convNest({ ...base, padding: 'same' });
    expect([same.outSize, same.padBefore]).toEqual([
      [1, 14, 2],
      [0, 1, 1],
    ]);
    expect(convNest(base).outSize).toEqual([1, 12, 1]);
    const explicit = convNest({ ...base, padding: [2, [1, 0]] });
    expect([explicit.outSize, explicit.padBefore]).toEqual([
      [1, 14, 1],
      [0, 2, 1],
    ]);
    const dilated = convNest({ batch: 1, inSize: [9], inChannels: 1, outChannels: 1, kernelSize: [3], dilation: [4] });
    expect(dilated.outSize).toEqual([1, 1, 1]);
  });

  it('say what is wrong with a nest that cannot be', () => {
    const base = { batch: 1, inSize: [4, 4], inChannels: 4, outChannels: 6, kernelSize: [3, 3] };
    expect(() => convNest({ ...base, groups: 4 })).toThrow('loop nest: groups: got 4, expected a divisor of 4 and 6 channels');
    expect(() => convNest({ ...base, kernelSize: [5, 5] })).toThrow('kernelSize: got [5,5]');
    expect(() => convNest({ ...base, stride: [1] })).toThrow('stride: got [1], expected 2 numbers');
    expect(() => convNest({ ...base, batch: 0 })).toThrow('batch: got 0');
    expect(() => convNest({ ...base, padding: [1] })).toThrow('padding: got [1]');
    expect(() => convNest({ ...base, padding: [1, -1] })).toThrow('integers of at least 0');
    expect(() => denseNest({ batch: 1, inFeatures: 1.5, outFeatures: 1 })).toThrow('inChannels: got 1.5');
  });
});
