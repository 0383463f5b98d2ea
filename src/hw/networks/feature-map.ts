import type { Activation } from './contracts.js';

/** Maps between two layers: square, with what they have been through; or a sequence of vectors. */
export interface FeatureMap extends Activation {
  /** Side of a map, 1 behind a global pooling; of a sequence its steps. */
  readonly size: number;
  readonly channels: number;
  /** True for what the network is given: no gradient goes on to it. @default false */
  readonly given?: boolean;
}

/** Maps that a ReLU is applied to before their next use. */
export function relu(map: FeatureMap): FeatureMap {
  return { ...map, relu: true };
}

/** Maps behind a dropout of their own. */
export function dropped(map: FeatureMap, rate: number): FeatureMap {
  return { ...map, dropout: 1 - (1 - map.dropout) * (1 - rate) };
}

/** Maps behind a global average: a mean is hardly ever zero. */
export function globalAverage(map: FeatureMap): FeatureMap {
  return { size: 1, channels: map.channels, relu: false, dropout: 0 };
}

/** Maps of equal size beside each other; behind a ReLU only if all of them are. */
export function concat(...maps: readonly FeatureMap[]): FeatureMap {
  const channels = maps.reduce((sum, map) => sum + map.channels, 0);
  return { size: maps[0].size, channels, relu: maps.every((map) => map.relu), dropout: 0 };
}
