import { expect, it } from 'vitest';
import { csrRows } from '../../../src/cli/reproduce/csr-rows.js';
import { bitsFrom, convNest, denseNest, onesBits } from '../../../src/hw/index.js';

const record = (nest: ReturnType<typeof convNest>) => {
  const W = onesBits([...nest.kernelSize, nest.inChannels, nest.outChannels]);
  const A = onesBits([nest.batch, ...nest.inSize, nest.inChannels]);
  const E = onesBits([nest.batch, ...nest.outSize, nest.outChannels]);
  return { layer: 'l', use: 0, nest, W, backwardW: W, A, E, G: W, needsInputGradient: true, batchTotal: 1 };
};

it('rows of maps are the columns of one channel, and an almost empty one is smaller in RP-CSR', () => {
  const nest = convNest({ batch: 1, inSize: [1, 40], inChannels: 2, outChannels: 1, kernelSize: [1, 1] });
  // Channel 0 is full, channel 1 has one non-zero: 40 + 8 bits against 40 + 32.
  const values = Array.from({ length: 80 }, (_, i) => (i % 2 === 0 || i === 1 ? 1 : 0));
  expect(csrRows(record(nest), 'A', bitsFrom(values, [1, 1, 1, 40, 2]))).toEqual({ csr: 1, all: 2 });
});

it('rows of a dense layer are its features, in pieces of 256', () => {
  const nest = denseNest({ batch: 1, inFeatures: 300, outFeatures: 2 });
  const W = bitsFrom(
    Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? 1 : 0)),
    [1, 1, 1, 300, 2],
  );
  // Output 0 has all inputs, output 1 none: two pieces each.
  expect(csrRows(record(nest), 'W', W)).toEqual({ csr: 2, all: 4 });
  expect(csrRows(record(nest), 'A', bitsFrom(new Array(300).fill(0), [1, 1, 1, 1, 300]))).toEqual({ csr: 2, all: 2 });
});
