import type { NetworkKind } from './contracts.js';
import type { FeatureMap } from './feature-map.js';
import { imageNet } from './image-net.js';
import type { LayerList } from './layer-list.js';

interface Encoder {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** Of the projection, of the feed-forward layer and of the attention's weights. */
  readonly dropout: number;
}

/**
 * Vaswani et al. 2017: attention and two feed-forward layers, the inner one four times as wide, each with a shortcut and a layer
 * normalisation. Inner activations are GELU: hardly ever zero.
 */
function encode(list: LayerList, tokens: FeatureMap, { layers, width, heads, dropout }: Encoder): void {
  // Behind a shortcut and a normalisation nothing of a dropout is left.
  const x = { size: tokens.size, channels: width, relu: false, dropout: 0 };
  for (let i = 1; i <= layers; i++) {
    const name = `layer${i}`;
    const query = list.linear(`${name}_query`, x, width);
    for (const part of ['key', 'value']) list.linear(`${name}_${part}`, x, width);
    list.linear(`${name}_project`, list.attention(name, query, heads, dropout), width, { dropout });
    list.linear(`${name}_contract`, list.linear(`${name}_expand`, x, 4 * width), width, { dropout });
  }
}

/** Devlin et al. 2019 and Sanh et al. 2019: an encoder over embedded tokens, which are looked up; what a task puts on top is left out. */
function bert(layers: number, sequence: number): NetworkKind {
  const width = 768;
  return {
    sequence,
    inputSize: 1,
    inChannels: width,
    classes: 0,
    // The embeddings are trained: gradients go on to them.
    build: (list, tokens) => encode(list, tokens, { layers, width, heads: 12, dropout: 0.1 }),
  };
}

/** Dosovitskiy et al. 2021: patches of an image as tokens, one more for the class, and a head on that one. */
function vit(
  width: number,
  heads: number,
  patch: number,
  images: Pick<NetworkKind, 'inputSize' | 'inChannels' | 'classes'>,
): NetworkKind {
  return {
    ...images,
    build(list, image, classes) {
      const patches = list.conv('patches', image, { filters: width, kernel: patch, stride: patch, pad: 0, relu: false });
      const tokens = { ...patches, size: patches.size ** 2 + 1 };
      encode(list, tokens, { layers: 12, width, heads, dropout: 0 });
      list.dense('head', { ...tokens, size: 1 }, classes, { relu: false });
    },
  };
}

export const transformers = {
  /** At the 384 tokens with which it is tuned on SQuAD. */
  'bert-base': bert(12, 384),
  /** At the 128 tokens with which it is tuned on GLUE. */
  distilbert: bert(6, 128),
  'vit-small-16': vit(384, 6, 16, imageNet),
  'vit-base-16': vit(768, 12, 16, imageNet),
  /** For CIFAR: 002 gives no sizes; patches of 4 pixels are this package's choice. */
  'vit-small-4': vit(384, 6, 4, { inputSize: 32, inChannels: 3, classes: 10 }),
};
