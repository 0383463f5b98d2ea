import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type BitTensor, convNest, countBits, getBit, type LayerTensors } from 'tfjs-sparsity/hw';
import { attachTap, packOp, type TappedOp } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { type Values, valuesOf } from './support/tapped-values.js';

function opOf(nest: TappedOp['nest'], fill: (i: number) => number): TappedOp {
  const input = [nest.batch, ...nest.inSize, nest.inChannels];
  const output = [nest.batch, ...nest.outSize, nest.outChannels];
  const kernel = [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels];
  const tensor = (shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => fill(i)),
      shape,
    );
  const W = tensor(kernel);
  const [A, E] = nest.transposed ? [tensor(output), tensor(input)] : [tensor(input), tensor(output)];
  return { layer: 'conv', use: 0, nest, W, backwardW: W, A, E, G: tensor(kernel), needsInputGradient: true };
}

function expectBits(bits: BitTensor, { data }: Values, elements = data.length): void {
  expect(bits.words).toHaveLength(Math.ceil(elements / 32));
  for (let i = 0; i < elements; i++) expect(getBit(bits, i)).toBe(data[i] !== 0);
  for (let i = elements; i < bits.words.length * 32; i++) expect(getBit(bits, i)).toBe(false);
}

describe('packOp', () => {
  it('packs a hand-made dense use, lowest bit first', () => {
    tf.tidy(() => {
      const nest = convNest({ batch: 2, inSize: [1], inChannels: 3, outChannels: 1, kernelSize: [1] });
      const W = tf.tensor2d([[1], [0], [-2]]);
      const A = tf.tensor2d([
        [0, 4, 0],
        [5, 0, 6],
      ]);
      const op = {
        layer: 'fc',
        use: 3,
        nest,
        W,
        backwardW: W,
        A,
        E: tf.tensor2d([[0], [1]]),
        G: tf.tensor2d([[5], [0], [6]]),
        backwardE: tf.tensor2d([[0], [0]]),
        gradientA: tf.tensor2d([
          [0, 4, 0],
          [5, 0, 0],
        ]),
        needsInputGradient: false,
      };
      const record = packOp(op);
      expect(record).toEqual({
        layer: 'fc',
        use: 3,
        nest,
        W: { shape: [1, 1, 1, 3, 1], words: Uint32Array.of(0b101) },
        backwardW: { shape: [1, 1, 1, 3, 1], words: Uint32Array.of(0b101) },
        A: { shape: [2, 1, 1, 1, 3], words: Uint32Array.of(0b101010) },
        E: { shape: [2, 1, 1, 1, 1], words: Uint32Array.of(0b10) },
        G: { shape: [1, 1, 1, 3, 1], words: Uint32Array.of(0b101) },
        backwardE: { shape: [2, 1, 1, 1, 1], words: Uint32Array.of(0) },
        gradientA: { shape: [2, 1, 1, 1, 3], words: Uint32Array.of(0b001010) },
        needsInputGradient: false,
        batchTotal: 2,
      } satisfies LayerTensors);
      expect(record.backwardW).toBe(record.W);
      const first = packOp(op, 1);
      expect(first.nest.batch).toBe(1);
      expect(first.batchTotal).toBe(2);
      expect([first.A.words, first.E?.words, first.G?.words]).toEqual([
        Uint32Array.of(0b010),
        Uint32Array.of(0),
        Uint32Array.of(0b101),
      ]);
    });
  });

  it('has a bit for each non-zero of each tensor and none behind the last, for any number of images', () => {
    const size = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.record({ batch: size, height: size, width: size, cin: size, cout: size, images: size, transposed: fc.boolean() }),
        (c) => {
          tf.tidy(() => {
            const nest = convNest({
              batch: c.batch,
              inSize: [c.height, c.width],
              inChannels: c.cin,
              outChannels: c.cout,
              kernelSize: [3, 2],
              padding: 'same',
              transposed: c.transposed,
            });
            const op = opOf(nest, (i) => ((i * 7919 + c.cin) % 5 < 2 ? 0 : i + 1));
            const record = packOp(op, c.images);
            const images = Math.min(c.images, c.batch);
            expect(record.nest).toEqual({ ...nest, batch: images });
            expectBits(record.W, valuesOf(op.W));
            expectBits(record.G as BitTensor, valuesOf(op.G as tf.Tensor));
            expectBits(record.A, valuesOf(op.A), (op.A.size / c.batch) * images);
            expectBits(record.E as BitTensor, valuesOf(op.E as tf.Tensor), ((op.E as tf.Tensor).size / c.batch) * images);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('packs what a step of training shows, without leaving tensors', async () => {
    await expectNoLeak(() => {
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, activation: 'relu', inputShape: [5, 5, 1] }),
          tf.layers.flatten(),
          tf.layers.dense({ name: 'fc', units: 2 }),
        ],
      });
      const records: LayerTensors[] = [];
      const densities: number[] = [];
      const tap = attachTap(model, {
        onOp: (op) => {
          records.push(packOp(op));
          densities.push(op.A.notEqual(0).sum().dataSync()[0] as number);
        },
      });
      tf.tidy(() => {
        const x = tf.randomNormal([4, 5, 5, 1], 0, 1, 'float32', 3).relu();
        tf.variableGrads(() => (model.apply(x) as tf.Tensor).square().sum().asScalar());
      });
      tap.detach();
      expect(records.map(({ layer, A }) => [layer, A.shape])).toEqual([
        ['fc', [4, 1, 1, 1, 27]],
        ['conv', [4, 1, 5, 5, 1]],
      ]);
      expect(records.map(({ A }) => countBits(A))).toEqual(densities);
      expect(structuredClone(records)).toEqual(records);
      model.dispose();
    });
  });

  it.each([0, -1, 1.5])('refuses %d images', (images) => {
    tf.tidy(() => {
      const op = opOf(convNest({ batch: 1, inSize: [1], inChannels: 1, outChannels: 1, kernelSize: [1] }), () => 1);
      expect(() => packOp(op, images)).toThrow(/images: got .*positive integer/);
    });
  });
});
