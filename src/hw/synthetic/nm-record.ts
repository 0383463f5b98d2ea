import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { Rng } from '../../rng.js';
import type { LayerTensors } from '../contracts.js';
import type { Network, NetworkLayer } from '../networks/contracts.js';
import type { SyntheticSparsity } from './layer-densities.js';
import { checkNm, nmMask, thinToNm } from './nm-mask.js';

/**
 * Which operands a method thins: `forward`, the weights along the inputs, which the input gradient then multiplies with, too (STE, SR-STE);
 * `backward`, the weights along the outputs, for the input gradient alone (SDWP); `both`, each way along its own axis (BDWP); `errors`, E
 * along the outputs for the input gradient alone (SDGP).
 */
export type NmPasses = 'forward' | 'backward' | 'both' | 'errors';

/** N:M operands of {@link syntheticRecords}: of each `m` consecutive channels `n` stay, whose places are drawn alike. */
export interface SyntheticNm {
  /** 1 to `m`. */
  readonly n: number;
  /** At least 1. */
  readonly m: number;
  /** What is thinned. */
  readonly passes: NmPasses;
}

const passNames: readonly NmPasses[] = ['both', 'forward', 'backward', 'errors'];

/**
 * Refuses what is no N:M, weights that have zeros besides it, and a network of which it would thin nothing.
 *
 * @throws SparsityError naming the option.
 */
export function checkSyntheticNm(nm: SyntheticNm, network: Network, { W }: SyntheticSparsity): void {
  checkOptionNames('nm', nm, { n: true, m: true, passes: true });
  checkNm(nm);
  if (!passNames.includes(nm.passes)) {
    const fix = nearest(String(nm.passes), passNames);
    throw new SparsityError({ what: 'nm.passes', got: nm.passes, expected: passNames.join(', '), fix });
  }
  if (W !== 0) {
    throw new SparsityError({ what: 'sparsity.W', got: W, expected: '0, as nm tells the zeros of W', fix: 'pass {W: 0}' });
  }
  const saved = network.layers.find(({ weights }) => weights !== undefined);
  if (saved && nm.passes !== 'errors') {
    const got = `${nm.n}:${nm.m} beside the saved zeros of layer ${saved.name}`;
    const fix = 'leave nm out: a model that was saved N:M has the zeros of it';
    throw new SparsityError({ what: 'nm', got, expected: 'a network without weights', fix });
  }
  const widths = network.layers.map((layer) => groupableChannels(network, layer));
  const width = Math.max(0, ...widths);
  if (width >= nm.m) return;
  const fix =
    width === 0
      ? 'leave nm out'
      : `pass m of at most ${width}, the channels of layer ${network.layers[widths.indexOf(width)].name}`;
  const expected = `a layer of at least ${nm.m} channels besides the first, the last, products of activations and layers of groups`;
  throw new SparsityError({ what: `nm for network ${network.name}`, got: `${nm.n}:${nm.m}`, expected, fix });
}

/**
 * Whether a layer is trained N:M: neither the first nor the last of its network (ledger 1.3.1), nor a product of activations, nor one of
 * groups or of fewer than `m` channels, in which no whole group lies along the reductions.
 */
export function takesNm(network: Network, layer: NetworkLayer, m: number): boolean {
  return groupableChannels(network, layer) >= m;
}

/** Channels of a layer along the shorter of the two reductions; 0 where it stays dense whatever `m` is. */
function groupableChannels({ layers }: Network, { name, kind, nest }: NetworkLayer): number {
  if (kind === 'attention' || nest.groups > 1 || name === layers[0].name || name === layers[layers.length - 1].name) return 0;
  return Math.min(nest.inChannels, nest.outChannels);
}

/** The tensors of a layer under a method whose weights have a dense master: G stays as it is. */
export function nmRecord(record: LayerTensors, { n, m, passes }: SyntheticNm, rng: Rng): LayerTensors {
  const { W, E, nest } = record;
  const [inputs, outputs] = nest.transposed ? [-1, -2] : [-2, -1];
  const kernel = (axis: number) => nmMask(W.shape, { n, m, axis }, rng.fork(`${axis}`));
  if (passes === 'errors') return E ? { ...record, backwardE: thinToNm(E, { n, m, axis: -1 }, rng.fork('-1')) } : record;
  if (passes === 'backward') return { ...record, backwardW: kernel(outputs) };
  const forward = kernel(inputs);
  return { ...record, W: forward, backwardW: passes === 'both' ? kernel(outputs) : forward };
}
