import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBitsReference } from '../../src/kernels/index.js';
import { packTensorBits } from '../../src/ops/pack-tensor-bits.js';
import { expectNoLeak } from '../support/no-leak.js';

describe('packTensorBits', () => {
  it('packs a tensor, by hand', () => {
    const t = tf.tensor2d([
      [0, 3],
      [-0, Number.NaN],
    ]);
    expect(Array.from(packTensorBits(t))).toEqual([0b1010]);
    expect(Array.from(packTensorBits(t, 3))).toEqual([0b0010]);
    expect(Array.from(packTensorBits(t, 0))).toEqual([]);
    t.dispose();
  });

  it('equals its reference for every type, length and prefix, and leaves nothing behind', () =>
    expectNoLeak(() => {
      const type = fc.constantFrom<'float32' | 'int32' | 'bool'>('float32', 'int32', 'bool');
      fc.assert(
        fc.property(
          fc.array(fc.constantFrom(0, 1, -2, 0), { minLength: 1, maxLength: 150 }),
          type,
          fc.nat(),
          (values, dtype, cut) => {
            const t = tf.tensor1d(dtype === 'bool' ? values.map((v) => Number(v !== 0)) : values, dtype);
            const elements = cut % (values.length + 1);
            expect(packTensorBits(t)).toEqual(packBitsReference(Float32Array.from(values)));
            expect(packTensorBits(t, elements)).toEqual(packBitsReference(Float32Array.from(values), elements));
            t.dispose();
          },
        ),
      );
    }));

  it('refuses a prefix longer than the tensor', () => {
    const t = tf.tensor1d([1, 2]);
    expect(() => packTensorBits(t, 3)).toThrow(
      'elements to pack: got 3, expected 0 to 2, the size of the tensor. Leave it out to pack the whole tensor.',
    );
    t.dispose();
  });
});
