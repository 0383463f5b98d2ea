import { SparsityError } from '../../errors.js';
import { convNest } from '../loop-nest.js';
import type { Activation, NetworkKind, NetworkLayer, NetworkMode } from './contracts.js';
import type { FeatureMap } from './feature-map.js';
import { paddedMacs } from './padded-macs.js';
import { type SequenceLayers, sequenceLayers } from './sequence-layers.js';

/** A convolution as families of networks write it; maps, kernels, strides and padding are square. */
export interface ConvShape {
  readonly filters: number;
  readonly kernel: number;
  /** @default 1 */
  readonly stride?: number;
  /** Zeros on each side. @default (kernel - 1) / 2, rounded down: keeps the size at stride 1 */
  readonly pad?: number;
  /** @default 1 */
  readonly groups?: number;
  /** Whether the output goes into a ReLU. @default true */
  readonly relu?: boolean;
}

/** A pooling of square windows. */
export interface PoolShape {
  readonly size: number;
  readonly stride: number;
  /** @default 0 */
  readonly pad?: number;
  /** Sizes are rounded up in all modes, as where the network is defined in Caffe. @default false */
  readonly ceil?: boolean;
}

/** Notes down a layer; what makes its input says whether a gradient goes there. */
export type AddLayer = (
  layer: Pick<NetworkLayer, 'name' | 'kind' | 'nest' | 'output' | 'use'> & {
    readonly input: Activation & Pick<FeatureMap, 'given'>;
  },
) => void;

/** Lays out a network: each call takes maps and gives the maps behind it, and layers that multiply are noted down in order. */
export interface LayerList extends SequenceLayers {
  readonly mode: NetworkMode;
  readonly layers: readonly NetworkLayer[];
  conv(name: string, map: FeatureMap, shape: ConvShape): FeatureMap;
  maxPool(map: FeatureMap, shape: PoolShape): FeatureMap;
  averagePool(map: FeatureMap, shape: PoolShape): FeatureMap;
  /** Of all elements of the maps; a dropout behind it counts for the zeros of its E and of the next layer's A. */
  dense(name: string, map: FeatureMap, units: number, activation?: Partial<Activation>): FeatureMap;
}

/** An empty list for one network. */
export function layerList(network: string, mode: NetworkMode, batch: number, table1: NetworkKind['table1']): LayerList {
  const layers: NetworkLayer[] = [];
  const ceilMode = mode === 'caffeCeil' || (mode === 'table1' && table1?.ceil === true);
  const countedSize: Readonly<Record<string, number>> = (mode === 'table1' && table1?.countedSize) || {};

  const add: AddLayer = ({ name, kind, use = 0, nest, input, output }) => {
    const size = countedSize[name];
    layers.push({
      name,
      kind,
      use,
      nest,
      needsInputGradient: !input.given,
      input: { relu: input.relu, dropout: input.dropout },
      output: { relu: output.relu, dropout: output.dropout },
      macs: paddedMacs(size ? { ...nest, outSize: [1, size, size] } : nest),
    });
  };

  const fits = (what: string, size: number): number => {
    if (size >= 1) return size;
    const expected = `an image that is larger than the windows of ${what}`;
    throw new SparsityError({
      what: `network ${network}: inputSize`,
      got: 'maps of no pixels',
      expected,
      fix: 'pass a larger inputSize',
    });
  };

  const pooledSize = (map: FeatureMap, { size, stride, pad = 0, ceil = false }: PoolShape): number => {
    if (!ceil && !ceilMode) return fits('a pooling', Math.floor((map.size + 2 * pad - size) / stride) + 1);
    const pooled = fits('a pooling', Math.ceil((map.size + 2 * pad - size) / stride) + 1);
    // Caffe: the last window has to start inside the map or its first padding.
    return (pooled - 1) * stride >= map.size + pad ? pooled - 1 : pooled;
  };

  return {
    ...sequenceLayers(batch, add),
    mode,
    layers,
    conv(name, map, shape) {
      const { filters, kernel, stride = 1, pad = (kernel - 1) >> 1, groups = 1, relu = true } = shape;
      fits(name, map.size + 2 * pad - kernel + 1);
      const nest = convNest({
        batch,
        inSize: [map.size, map.size],
        inChannels: map.channels,
        outChannels: filters,
        kernelSize: [kernel, kernel],
        stride: [stride, stride],
        padding: [pad, pad],
        groups,
      });
      const output = { size: nest.outSize[2], channels: filters, relu, dropout: 0 };
      add({ name, kind: 'conv', nest, input: map, output });
      return output;
    },
    maxPool: (map, shape) => ({ ...map, size: pooledSize(map, shape) }),
    averagePool: (map, shape) => ({ ...map, size: pooledSize(map, shape), relu: false }),
    dense(name, map, units, { relu = true, dropout = 0 } = {}) {
      const inFeatures = map.size * map.size * map.channels;
      const output = { size: 1, channels: units, relu, dropout };
      const nest = convNest({ batch, inSize: [1, 1], inChannels: inFeatures, outChannels: units, kernelSize: [1, 1] });
      add({ name, kind: 'dense', nest, input: map, output });
      return output;
    },
  };
}
