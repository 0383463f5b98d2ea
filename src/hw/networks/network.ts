import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { Network, NetworkKind, NetworkMode } from './contracts.js';
import { layerList } from './layer-list.js';
import { networks, networks003 } from './networks.js';

/** Options of {@link network}. */
export interface NetworkOptions {
  /** How maps are rounded and MACs counted. @default 'standard' */
  readonly mode?: NetworkMode;
  /** Images in a training step, at least 1. @default 1 */
  readonly batch?: number;
  /** Side of the square input image, in pixels. @default the network's own: 224 for most ImageNet networks */
  readonly inputSize?: number;
  /**
   * Tokens or steps of a network over sequences, at least 1. @default the network's own: 384 for `bert-base` (as on SQuAD), 128 for
   * `distilbert` (as on GLUE), 20 for `bi-lstm`
   */
  readonly sequence?: number;
  /** Units of the last layer. @default the network's own: 1000 for ImageNet, 10 for CIFAR and MNIST */
  readonly classes?: number;
}

const modes = ['standard', 'caffeCeil', 'table1'] as const;

/**
 * The layers of a network of the literature that multiply, with their loop nests, laid out from the parameters of its family: those with
 * weights, and the products Q K^T and P V of attention. Embeddings, which are looked up, are not among them.
 *
 * @param name one of {@link networks}.
 * @throws SparsityError for an unknown name, option or mode (with the nearest ones), a size that is no positive integer or that the network
 * does not have, an image that is too small for the network, and mode `table1` for a network or an image that Table 1 of 003 does not have.
 * @example
 * ```ts
 * const vgg = network('vgg16', {batch: 128});
 * vgg.layers.length; // 16
 * networkMacs(network('resnet50-v1')).conv; // 3855925248
 * networkMacs(network('bert-base', {sequence: 128})).attention; // 301989888
 * ```
 */
export function network(name: string, options: NetworkOptions = {}): Network {
  if (typeof name !== 'string' || !Object.hasOwn(networks, name)) {
    const names = Object.keys(networks);
    throw new SparsityError({ what: 'network', got: name, expected: names.join(', '), fix: nearest(String(name), names) });
  }
  checkOptionNames('network', options, { mode: true, batch: true, inputSize: true, sequence: true, classes: true });
  const kind = networks[name];
  const { mode = 'standard', batch = 1, inputSize = kind.inputSize, classes = kind.classes } = options;
  for (const option of ['batch', 'inputSize', 'sequence', 'classes'] as const) {
    const got = options[option];
    const reason = got === undefined ? undefined : missing(kind, option);
    if (got === undefined || (!reason && Number.isSafeInteger(got) && got > 0)) continue;
    const expected = reason ?? 'a positive integer';
    throw new SparsityError({ what: `network ${name}: ${option}`, got, expected, fix: `leave ${option} out` });
  }
  if (!modes.includes(mode)) {
    const fix = nearest(String(mode), modes);
    throw new SparsityError({ what: `network ${name}: mode`, got: mode, expected: modes.join(', '), fix });
  }
  if (mode === 'table1' && !(kind.table1 && inputSize === kind.inputSize)) {
    const [what, got] = kind.table1 ? ['inputSize', inputSize] : ['mode', mode];
    const expected = kind.table1
      ? `${kind.inputSize}, as Table 1 of 003`
      : `standard or caffeCeil: Table 1 of 003 has ${networks003.join(', ')}`;
    throw new SparsityError({ what: `network ${name}: ${what}`, got, expected, fix: "use mode: 'standard'" });
  }
  const list = layerList(name, mode, batch, kind.table1);
  const size = options.sequence ?? kind.sequence ?? inputSize;
  kind.build(list, { size, channels: kind.inChannels, relu: false, dropout: 0, given: true }, classes);
  return { name, batch, layers: list.layers };
}

/** Why a network does not have an option. */
function missing({ sequence, classes }: NetworkKind, option: keyof NetworkOptions): string | undefined {
  if (option === 'inputSize' && sequence !== undefined) return 'no inputSize: it takes sequences';
  if (option === 'sequence' && sequence === undefined) return 'no sequence: it takes images';
  if (option === 'classes' && classes === 0) return 'no classes: it has no output layer';
  return undefined;
}
