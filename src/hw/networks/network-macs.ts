import { SparsityError } from '../../errors.js';
import { denseMacs } from '../loop-nest.js';
import type { Network, NetworkLayer } from './contracts.js';

/** Multiply-accumulates of a forward pass over all images of a network's batch. */
export interface NetworkMacs {
  /** Of the convolutions, taps on padding counted, at the sizes that the network's mode counts. */
  readonly conv: number;
  /** Of the convolutions, pairs of existing factors only: what `denseMacs` counts and accelerators do. */
  readonly convWithoutPadding: number;
  /** Of the fully connected layers. */
  readonly dense: number;
  /** Of the products of two activations, Q K^T and P V. */
  readonly attention: number;
}

/**
 * Counts the multiply-accumulates of a network, with padding as papers do and without it.
 *
 * @throws SparsityError when that is no network, or a count is beyond 2^53 and would be rounded.
 * @example
 * ```ts
 * networkMacs(network('lenet5')); // {conv: 357600, convWithoutPadding: 347736, dense: 58920, attention: 0}
 * ```
 */
export function networkMacs(counted: Network): NetworkMacs {
  if (!Array.isArray(counted?.layers)) {
    const fix = typeof counted === 'string' ? `pass network('${counted}')` : "pass network('vgg16')";
    throw new SparsityError({ what: 'network to count', got: counted, expected: 'a network with its layers', fix });
  }
  const { name, layers } = counted;
  const sum = (kind: NetworkLayer['kind'], macs: (layer: NetworkLayer) => number): number => {
    const total = layers.reduce((macsSoFar, layer) => (layer.kind === kind ? macsSoFar + macs(layer) : macsSoFar), 0);
    if (Number.isSafeInteger(total)) return total;
    const fix = 'count a smaller batch and multiply';
    throw new SparsityError({ what: `MACs of network ${name}`, got: total, expected: 'less than 2^53', fix });
  };
  return {
    conv: sum('conv', ({ macs }) => macs),
    convWithoutPadding: sum('conv', ({ nest }) => denseMacs(nest)),
    dense: sum('dense', ({ macs }) => macs),
    attention: sum('attention', ({ macs }) => macs),
  };
}
