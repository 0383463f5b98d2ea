import { bitsFrom, convNest, denseNest, type LayerTensors, onesBits, scnn } from 'tfjs-sparsity/hw';
import { expect, it } from 'vitest';
import { createCostEngine } from '../../src/callbacks/cost-engine.js';

const training = { slots: 0, masked: [] };

/** A product of activations [32, 8] by [8, 32] of four images, the second factor of which is full in some. */
function product(isFull: (image: number) => boolean, batchTotal: number): LayerTensors {
  const nest = convNest({ batch: 4, inSize: [32], inChannels: 8, outChannels: 32, kernelSize: [1] });
  const W = bitsFrom(
    Array.from({ length: 4 * 8 * 32 }, (_, i) => Number(isFull(Math.floor(i / 256)))),
    [4, 8, 32],
  );
  const [A, E] = [onesBits([4, 1, 1, 32, 8]), onesBits([4, 1, 1, 32, 32])];
  return { layer: 'scores', use: 0, nest, W, backwardW: W, A, E, kernelRole: 'A', needsInputGradient: true, batchTotal };
}

function run(isFull: (image: number) => boolean, batchTotal: number) {
  const engine = createCostEngine([scnn()], {});
  const { accelerators, sparsity } = engine.execute({ step: 0, records: [product(isFull, batchTotal)], training });
  return { ...accelerators.scnn, sparsity };
}

it('gives each group of sampled images its own second factor of a product of activations', () => {
  const all = () => true;
  const half = (image: number) => image % 2 === 0;
  expect(run(all, 4).cyclesError).toBe(0);
  expect(run(all, 8).cyclesError).toBe(0);
  expect(run(half, 8).cyclesError).toBeGreaterThan(0);
  expect(run(half, 8).cycles).toBe(2 * run(half, 4).cycles);
});

it('counts that factor among the activations', () => {
  expect(run((image) => image % 2 === 0, 4).sparsity).toMatchObject({ A: 0.25, E: 0 });
});

it('gives each group of sampled images its own thinned operands', () => {
  const nest = denseNest({ batch: 4, inFeatures: 32, outFeatures: 32 });
  const [W, A] = [onesBits([1, 1, 1, 32, 32]), onesBits([4, 1, 1, 1, 32])];
  const whole = { layer: 'fc', use: 0, nest, W, backwardW: W, A, E: A, G: W, needsInputGradient: true, batchTotal: 8 };
  const half = bitsFrom(
    Array.from({ length: 128 }, (_, i) => Number(i < 64)),
    A.shape,
  );
  const errorOf = (record: LayerTensors) =>
    createCostEngine([scnn()], {}).execute({ step: 0, records: [record], training }).accelerators.scnn.cyclesError;
  expect(errorOf(whole)).toBe(0);
  expect(errorOf({ ...whole, backwardE: half })).toBeGreaterThan(0);
  expect(errorOf({ ...whole, gradientA: half })).toBeGreaterThan(0);
});
