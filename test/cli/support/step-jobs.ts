import type { StepJob } from '../../../src/callbacks/cost-engine.js';
import { bernoulliBits, denseNest, type LayerTensors } from '../../../src/hw/index.js';
import { createRng } from '../../../src/rng.js';

/**
 * Steps of a network of two dense layers; the second one's weights differ forwards and backwards, and its gradient products have thinner
 * operands; the first one is frozen.
 */
export function stepJobs(count: number, images = 4, batchTotal = 4): StepJob[] {
  const rng = createRng('steps');
  return Array.from({ length: count }, (_, step) => {
    const layer = (name: string, inFeatures: number, outFeatures: number, more: Partial<LayerTensors>): LayerTensors => {
      const W = bernoulliBits([1, 1, 1, inFeatures, outFeatures], 0.4, rng);
      const [A, E] = [inFeatures, outFeatures].map((features) => bernoulliBits([images, 1, 1, 1, features], 0.6, rng));
      const nest = denseNest({ batch: images, inFeatures, outFeatures });
      return { layer: name, use: 0, nest, W, backwardW: W, A, E, G: W, needsInputGradient: true, batchTotal, ...more };
    };
    const backwardW = bernoulliBits([1, 1, 1, 33, 8], 0.2, rng);
    const [backwardE, gradientA] = [8, 33].map((features) => bernoulliBits([images, 1, 1, 1, features], 0.3, rng));
    const records = [
      layer('frozen', 8, 33, { E: undefined, G: undefined, needsInputGradient: false }),
      layer('last', 33, 8, { backwardW, backwardE, gradientA }),
    ];
    return { step, records, training: { slots: 1, masked: ['last'] } };
  });
}
