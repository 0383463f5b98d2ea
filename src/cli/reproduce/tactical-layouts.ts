import {
  type BitTensor,
  bernoulliBits,
  bitsFrom,
  convNest,
  type FilterLayer,
  filterLayers,
  getBit,
  rowBetaBits,
} from '../../hw/index.js';
import { createRng, type Rng } from '../../rng.js';
import { forwardOf, tiles } from './tactical-networks.js';

type Draw = (density: number, rng: Rng) => BitTensor;

const shape = [1, 3, 3, 512, 64] as const;
/** How far the densities of rows differ: more than the networks of 003 seem to (claim 30), so that its bound is tried. */
const spread = 0.3;
/** Adjacent channels that are zero together: of 2, 4, 8 and 16, with 16 lanes, those that cost the front end most. */
const cluster = 8;

/**
 * How zeros lie in {@link sweepLayer}: all weights alike; filters, or input channels, with densities of their own; or runs of eight
 * adjacent channels of a filter that are zero together.
 */
export const layouts = {
  bernoulli: (density, rng) => bernoulliBits(shape, density, rng),
  'per filter': (density, rng) => rowBetaBits(shape, { density, spread, rowAxes: [4] }, rng),
  'per channel': (density, rng) => rowBetaBits(shape, { density, spread, rowAxes: [3] }, rng),
  clustered: clusteredBits,
} as const satisfies Record<string, Draw>;
export type LayoutName = keyof typeof layouts;

/** A layer of 64 filters of 3x3 kernels over 512 channels: 288 rows, a set of filters for each of four tiles. */
export function sweepLayer(sparsity: number, layout: LayoutName, seed: string): FilterLayer {
  const nest = convNest({ batch: 1, inSize: [3, 3], inChannels: 512, outChannels: 64, kernelSize: [3, 3] });
  const weights = layouts[layout](1 - sparsity, createRng(`${seed}/${layout}/${sparsity}`));
  const [layer] = filterLayers(forwardOf(nest, weights), tiles);
  const bits = layer.bits();
  return { ...layer, bits: () => bits };
}

function clusteredBits(density: number, rng: Rng): BitTensor {
  const [, , , channels, filters] = shape;
  const runs = bernoulliBits([9, channels / cluster, filters], density, rng);
  const values = Array.from({ length: 9 * channels * filters }, (_, i) => {
    const [place, filter] = [Math.floor(i / filters), i % filters];
    return Number(getBit(runs, Math.floor(place / cluster) * filters + filter));
  });
  return bitsFrom(values, shape);
}
