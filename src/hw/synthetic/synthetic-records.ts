import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { createRng, type Rng } from '../../rng.js';
import { bernoulliBits, onesBits } from '../bits.js';
import type { BitTensor, LayerTensors } from '../contracts.js';
import type { Network, NetworkLayer } from '../networks/contracts.js';
import { checkDensity } from './check-density.js';
import { checkMapSizes } from './check-map-sizes.js';
import { checkSparsity, layerDensities, type SyntheticSparsity } from './layer-densities.js';
import { checkSyntheticNm, nmRecord, type SyntheticNm, takesNm } from './nm-record.js';
import { rowBetaBits } from './row-beta-bits.js';
import { smoothBits } from './smooth-bits.js';

/** How the non-zeros of a synthetic map are laid out. */
export type SyntheticMaps = 'bernoulli' | 'rowBeta' | 'smooth';

/** Options of {@link syntheticRecords}. */
export interface SyntheticOptions {
  /** Same seed, same bits, for each layer by itself. */
  readonly seed: string | number;
  /** Share of zeros by tensor: declared, not measured. */
  readonly sparsity: SyntheticSparsity;
  /**
   * `bernoulli`: all elements alike. `rowBeta`: each row of a feature map (image, channel, y) and each filter draws its density from a
   * beta distribution; 1x1 maps have one row, all features of the image. `smooth`: densities vary smoothly over each map
   * ({@link smoothBits}), and per filter as in `rowBeta`. @default 'bernoulli'
   */
  readonly maps?: SyntheticMaps;
  /** Standard deviation of the densities that differ, as a share of sqrt(density * (1 - density)), in [0, 1). @default 0.3 */
  readonly spread?: number;
  /**
   * Weights or errors N:M, under a method that keeps dense masters: the gradient of W is dense. The first layer, the last, products of
   * activations, layers of groups and those of fewer than `m` channels stay dense; where all would, it is refused. It goes with `sparsity.W: 0`,
   * and for the weights not with an imported network. @default none
   */
  readonly nm?: SyntheticNm;
  /** Images whose bits are drawn, 1 to the network's batch. @default the network's batch */
  readonly images?: number;
}

const kinds = ['bernoulli', 'rowBeta', 'smooth'] as const;

/**
 * What the tap would report of a training step of a network that is too large to train here: for each layer its tensors, with zeros
 * where a seed and declared sparsities put them; an imported network has the zeros of its weights where they are. One layer is made at a
 * time, whenever the iterable is walked.
 *
 * Declared, not measured: the sparsities, their equality over the layers (where they are numbers), the layout of the zeros and its
 * spread. Tensors are drawn independently: the A of a layer does not repeat the E of the layer before it. Poolings leave the sparsity as
 * it is, and batch normalisation is taken to leave the ReLU's zeros in E.
 *
 * @throws SparsityError for an unknown option or layout, a share outside [0, 1], an N:M that is none or contradicts other zeros, more
 * images than the batch has, or maps of more than 2^32 elements.
 * @example
 * ```ts
 * const vgg = network('vgg-small', {batch: 128});
 * const records = syntheticRecords(vgg, {seed: 7, sparsity: {W: 0.95, A: 0.45}, images: 2});
 * const [first] = records;
 * [first.layer, first.nest.batch, first.batchTotal]; // ['conv1a', 2, 128]
 * const bdwp = {n: 2, m: 8, passes: 'both'} as const;
 * const [, second] = syntheticRecords(vgg, {seed: 7, sparsity: {W: 0, A: 0.45}, images: 1, nm: bdwp});
 * countBits(second.W) / countBits(second.G!); // 0.25: two of eight
 * ```
 */
export function syntheticRecords(network: Network, options: SyntheticOptions): Iterable<LayerTensors> {
  const known = { seed: true, sparsity: true, maps: true, spread: true, images: true, nm: true } as const;
  checkOptionNames('syntheticRecords', options, known);
  const { seed, sparsity, maps = 'bernoulli', spread = 0.3, images = network.batch, nm } = options;
  checkSparsity(sparsity);
  checkDensity(1, spread);
  if (!kinds.includes(maps)) {
    throw new SparsityError({ what: 'maps', got: maps, expected: kinds.join(', '), fix: nearest(String(maps), kinds) });
  }
  if (!(Number.isInteger(images) && images >= 1 && images <= network.batch)) {
    const expected = `1 to ${network.batch}, the batch of network ${network.name}`;
    throw new SparsityError({ what: 'images', got: images, expected, fix: 'lay out the network with a larger batch' });
  }
  if (nm) checkSyntheticNm(nm, network, sparsity);
  checkMapSizes(network.layers, images);
  const rng = createRng(seed);
  const again = new Set(network.layers.filter(({ use }) => use).map(({ name }) => name));
  const record = (layer: NetworkLayer, shared: Map<string, BitTensor>): LayerTensors => {
    const { name, use = 0, trained = true, needsInputGradient } = layer;
    const nest = { ...layer.nest, batch: images };
    const densities = layerDensities(layer, sparsity);
    const featureMap = (role: 'W' | 'A' | 'E', size: readonly number[], channels: number) =>
      drawMap([images, ...size, channels], densities[role], maps, spread, rng.fork(`${name}/${role}${use > 0 ? `/${use}` : ''}`));
    const common = { layer: name, use, nest, needsInputGradient, batchTotal: network.batch };
    const [inSize, outSize] = nest.transposed ? [nest.outSize, nest.inSize] : [nest.inSize, nest.outSize];
    const [inChannels, outChannels] = nest.transposed ? [nest.outChannels, nest.inChannels] : [nest.inChannels, nest.outChannels];
    const A = featureMap('A', inSize, inChannels);
    const E = trained || needsInputGradient ? featureMap('E', outSize, outChannels) : undefined;
    const kernelChannels = nest.inChannels / nest.groups;
    if (layer.kind === 'attention') {
      const second = featureMap('W', [1, 1, kernelChannels], nest.outChannels);
      return { ...common, W: second, backwardW: second, A, E, kernelRole: 'A' };
    }
    const kernelShape = [...nest.kernelSize, kernelChannels, nest.outChannels];
    const drawn = () => layer.weights ?? drawKernel(kernelShape, densities.W, maps, spread, rng.fork(`${name}/W`));
    const W = shared.get(name) ?? drawn();
    if (again.has(name)) shared.set(name, W);
    return { ...common, W, backwardW: W, A, E, G: trained ? W : undefined };
  };
  return {
    *[Symbol.iterator]() {
      const shared = new Map<string, BitTensor>();
      for (const layer of network.layers) {
        const dense = record(layer, shared);
        yield nm && takesNm(network, layer, nm.m) ? nmRecord(dense, nm, rng.fork(`${layer.name}/nm`)) : dense;
      }
    },
  };
}

function drawMap(shape: readonly number[], density: number, maps: SyntheticMaps, spread: number, rng: Rng): BitTensor {
  if (density === 1) return onesBits(shape);
  if (maps === 'smooth') return smoothBits(shape, { density, spread }, rng);
  if (maps === 'bernoulli') return bernoulliBits(shape, density, rng);
  const [, depth, height, width] = shape;
  return rowBetaBits(shape, { density, spread, rowAxes: depth * height * width === 1 ? [0] : [0, 1, 2, 4] }, rng);
}

function drawKernel(shape: readonly number[], density: number, maps: SyntheticMaps, spread: number, rng: Rng): BitTensor {
  if (density === 1) return onesBits(shape);
  return maps === 'bernoulli' ? bernoulliBits(shape, density, rng) : rowBetaBits(shape, { density, spread, rowAxes: [4] }, rng);
}
