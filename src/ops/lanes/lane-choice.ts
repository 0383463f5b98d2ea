import type * as tf from '@tensorflow/tfjs';
import { type ConvGeometry, countOnes } from '../../kernels/index.js';
import { isRecording } from '../forward-backward-op.js';
import type { DenseKernelStore } from '../kernel-store.js';
import { isMasked, type MaskedLayer } from '../masked-layer-class.js';
import type { Flow, LaneObstacle, LayerInternals } from './lane-flow.js';
import { denseGeometry, knownGeometry, windowGeometry } from './lane-geometry.js';

/** Input channels up to which a convolution is faster in lanes even with all its weights: dense kernels want many channels. */
const fewChannels = 4;

/** Places for images, to one image, up to which that is so: there is one lane for each of 32 images, and those that stay empty cost the same. */
const fewPlaces = 4 / 3;

/** Outputs up to which a dense layer behind lanes stays there with all its weights: the way out, and the operations of tfjs, take longer. */
const fewOutputs = 32;

/** Rows up to which a dense layer predicts as fast with all its weights: a step of training saves their update, too. */
const fewRows = 7;

/** Images times output pixels from which lists pay for themselves in one step: 4 ns a weight, against 0.1 ns that they save each time. */
const manyUses = 64;

/** The same where kernels would do without masks: these are made for the lists, too, 30 ns a weight together. */
const manyUsesOfGroups = 512;

const densities = new WeakMap<Uint8Array, number>();

/** Counted once for each mask. */
function densityOf(mask: Uint8Array | null): number {
  if (!mask) return 1;
  const density = densities.get(mask) ?? countOnes(mask) / mask.length;
  densities.set(mask, density);
  return density;
}

/** The places in lanes for each image of a batch; 1 where none is empty. */
function placesPerImage(batch: number): number {
  return (32 * Math.ceil(batch / 32)) / batch;
}

/** The share of the weights that a product uses, as a mean over the three products; undefined where the forward pass uses all. */
function meanDensity(store: DenseKernelStore): number | undefined {
  // Masks that nobody has made yet are not made for this.
  if (store.grouped) {
    const { n, m, forward, backward } = store.grouped.groups;
    const masked = Number(forward === 'input') + Number(forward === 'input' || backward === 'output');
    return 1 - (masked / 2) * (1 - n / m);
  }
  const { forward, backward, gradient } = store.masks;
  if (!forward) return undefined;
  const lists = [forward, backward, ...(gradient ? [gradient] : [])].map(densityOf);
  return lists.reduce((sum, each) => sum + each, 0) / lists.length;
}

/**
 * Whether the three products are faster in lanes: by its time per weight a product over a list breaks even with the dense kernels at
 * 1 - breakEven of the weights, and a gradient of all weights is left to these. Dense kernels of a convolution take a time per image, lists
 * one per place. A dense layer's weights are fetched once for any batch, which few rows do not make up for where nothing is trained.
 */
function isSparse(store: DenseKernelStore, batch: number, breakEven: number): boolean {
  const density = meanDensity(store);
  if (density === undefined || predictsFewRows(store, batch, breakEven)) return false;
  const places = store.info.kind === 'dense' || breakEven === 0 ? 1 : placesPerImage(batch);
  return 1 - density * places >= breakEven;
}

function predictsFewRows({ info }: DenseKernelStore, batch: number, breakEven: number): boolean {
  return info.kind === 'dense' && breakEven > 0 && batch <= fewRows && !isRecording();
}

/** A masked layer's store: a region keeps the dense one, and adds to it. */
export function storeOf(layer: MaskedLayer): DenseKernelStore {
  return layer.kernelStores[0] as DenseKernelStore;
}

/**
 * Whether lists are worth making: for masks that stay, for groups, whose lists are made of the weights, or where each weight is used often
 * enough to pay for them in one step.
 */
function areWorthLists(store: DenseKernelStore, uses: number): boolean {
  if (store.listed) return true;
  const stay = store.masksUsed;
  store.masksUsed = true;
  return stay || uses >= (store.grouped ? manyUsesOfGroups : manyUses);
}

/** The loops of a masked layer that is to run in lanes, or why it is not: sparse ones are, and what leads to them. */
export function laneGeometry(
  layer: MaskedLayer,
  input: Flow,
  region: readonly tf.layers.Layer[],
  breakEven: number,
): ConvGeometry | LaneObstacle {
  const store = storeOf(layer);
  const { info } = store;
  if (store.thinning) return 'thinnedOperands';
  const images = input.images ?? input.tensor.shape;
  const batch = images[0] as number;
  const isNarrow = info.kind === 'conv2d' && (info.shape[info.inputAxis] as number) <= fewChannels;
  const isFull = breakEven === 0 || placesPerImage(batch) <= fewPlaces;
  const leads = isNarrow && isFull && region.some((other) => isMasked(other) && isSparse(storeOf(other), batch, breakEven));
  const ends = input.images !== undefined && info.kind === 'dense' && (info.shape[info.outputAxis] as number) <= fewOutputs;
  if (!leads && !ends && !isSparse(store, batch, breakEven)) {
    if (!store.grouped && !store.masks.forward) return 'notPruned';
    return predictsFewRows(store, batch, breakEven) ? 'fewRows' : 'belowBreakEven';
  }
  const geometry = loopsOf(layer, input, images);
  if (typeof geometry === 'string') return geometry;
  const uses = batch * geometry.outHeight * geometry.outWidth;
  return areWorthLists(store, uses) ? geometry : 'masksSeenOnce';
}

function loopsOf(layer: MaskedLayer, { tensor }: Flow, images: readonly number[]): ConvGeometry | LaneObstacle {
  const { info } = storeOf(layer);
  const { strides, padding, dataFormat } = layer as unknown as Required<LayerInternals>;
  const isDense = info.kind === 'dense' && images.length === 2;
  const isConvolution = info.kind === 'conv2d' && images.length === 4 && tensor.dtype === 'float32';
  if (!isDense && !isConvolution) return 'unsupportedLayer';
  if (dataFormat === 'channelsFirst') return 'channelsFirst';
  // tfjs then says what it expected.
  if (images.at(-1) !== info.shape[info.inputAxis]) return 'unsupportedLayer';
  if (isDense) return knownGeometry(layer, images, () => denseGeometry(...(info.shape as [number, number])));
  const geometry = knownGeometry(layer, images, () => windowGeometry(images, info.shape, strides, padding));
  return geometry.outHeight > 0 && geometry.outWidth > 0 ? geometry : 'unsupportedLayer';
}
