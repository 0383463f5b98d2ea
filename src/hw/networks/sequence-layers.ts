import { convNest } from '../loop-nest.js';
import type { Activation } from './contracts.js';
import type { FeatureMap } from './feature-map.js';
import type { AddLayer } from './layer-list.js';

/** Layers over sequences: maps whose `size` is a number of steps or tokens. */
export interface SequenceLayers {
  /** A dense layer that all steps share; a dropout behind it counts for the zeros of its E and of the next layer's A. */
  linear(name: string, x: FeatureMap, units: number, activation?: Partial<Activation>): FeatureMap;
  /**
   * Attention of several heads, P V with P = softmax(Q K^T): the products `name_scores` and `name_context`, without weights. Q, K and V have
   * the shape of `query`; a dropout is one of P.
   */
  attention(name: string, query: FeatureMap, heads: number, dropout: number): FeatureMap;
  /**
   * A long short-term memory: the four gates of the input, `name/kernel`, of all steps at once, and those of the state,
   * `name/recurrent`, step by step.
   */
  lstm(name: string, x: FeatureMap, units: number): FeatureMap;
}

const plain = { relu: false, dropout: 0 };

/** Sequence layers that are noted down by `add`. */
export function sequenceLayers(batch: number, add: AddLayer): SequenceLayers {
  const rows = (steps: number, inChannels: number, outChannels: number, groups = 1) =>
    convNest({ batch, inSize: [steps], inChannels, outChannels, kernelSize: [1], groups });
  return {
    linear(name, x, units, { relu = false, dropout = 0 } = {}) {
      const output = { size: x.size, channels: units, relu, dropout };
      add({ name, kind: 'dense', nest: rows(x.size, x.channels, units), input: x, output });
      return output;
    },
    attention(name, query, heads, dropout) {
      const { size, channels } = query;
      const scores = rows(size, channels, heads * size, heads);
      const context = rows(size, heads * size, channels, heads);
      add({ name: `${name}_scores`, kind: 'attention', nest: scores, input: query, output: plain });
      add({ name: `${name}_context`, kind: 'attention', nest: context, input: { relu: false, dropout }, output: plain });
      return { size, channels, ...plain };
    },
    lstm(name, x, units) {
      const gates = 4 * units;
      add({ name: `${name}/kernel`, kind: 'dense', nest: rows(x.size, x.channels, gates), input: x, output: plain });
      for (let use = 0; use < x.size; use++) {
        const nest = rows(1, units, gates);
        add({ name: `${name}/recurrent`, kind: 'dense', nest, use, input: { ...plain, given: use === 0 }, output: plain });
      }
      return { size: x.size, channels: units, ...plain };
    },
  };
}
