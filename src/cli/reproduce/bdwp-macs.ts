import { bdwpReduction, type NetworkOptions, network } from '../../hw/index.js';

/** Forward multiply-accumulates of a layer, and the axes that N:M prunes; none for what stays dense. */
export interface CountedLayer {
  readonly macs: number;
  readonly channels?: { readonly inputs: number; readonly outputs: number };
  readonly needsInputGradient: boolean;
}

/** What N:M saves of the multiply-accumulates of a training step. */
export interface SavedMacs {
  /** Counted group by group, where the first layer has no input gradient. */
  readonly counted: number;
  /** The closed form, (2/3) f (1 - N/M), and its f. */
  readonly formula: number;
  readonly prunableShare: number;
}

interface Pattern {
  readonly n: number;
  readonly m: number;
}

/** Counts a network whose masks keep N of each M, forward along the inputs and backward along the outputs. */
export function savedMacs(layers: readonly CountedLayer[], pattern: Pattern): SavedMacs {
  let [dense, saved, forward, prunable] = [0, 0, 0, 0];
  for (const { macs, channels, needsInputGradient } of layers) {
    dense += (needsInputGradient ? 3 : 2) * macs;
    forward += macs;
    if (!channels) continue;
    prunable += macs;
    saved += macs * (1 - keptShare(channels.inputs, pattern));
    if (needsInputGradient) saved += macs * (1 - keptShare(channels.outputs, pattern));
  }
  const prunableShare = prunable / forward;
  return { counted: saved / dense, formula: bdwpReduction({ prunableShare, ...pattern }), prunableShare };
}

function keptShare(channels: number, { n, m }: Pattern): number {
  return (Math.floor(channels / m) * n + Math.min(n, channels % m)) / channels;
}

/** The layers of one of the library's networks; its first, its last and products of activations stay dense. */
export function networkLayers(name: string, options: NetworkOptions = {}): readonly CountedLayer[] {
  const { layers } = network(name, options);
  return layers.map(({ kind, macs, nest, needsInputGradient }, i) => {
    const isPruned = i > 0 && i < layers.length - 1 && kind !== 'attention' && nest.groups === 1;
    return { macs, needsInputGradient, ...(isPruned && { channels: { inputs: nest.inChannels, outputs: nest.outChannels } }) };
  });
}
