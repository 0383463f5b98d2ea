import { countBits, sizeOf } from '../bits.js';
import type { GemmWork, Operand, UpdateWork } from '../contracts.js';
import { fetchedBytes } from '../parts/buffers.js';
import { outputRole } from '../parts/gemm-movement.js';
import type { Movement } from '../parts/total-work.js';
import { hasDenseMaster } from '../parts/update-movement.js';
import { groupedBits } from './activation-groups.js';
import type { FilterLayer } from './filter-layers.js';
import type { RowArraySpec } from './options.js';

/**
 * Activations come in groups of one precision, the kernel operand as its rows are stored. Half of the activation memory holds input, half of
 * the weight memory weights; of two operands that do not fit, one comes again for each part of the other, group by group. Outputs leave as
 * they are computed: their zeros and widths are not known before the activation function.
 */
export function gemmTraffic(work: GemmWork, layers: readonly FilterLayer[], storedBytes: number, spec: RowArraySpec): Movement {
  const { nest, input, kernel } = work;
  const [windowed, rowed] = layers.every(({ operand }) => operand === 'kernel') ? [input, kernel] : [kernel, input];
  const windowedBytes = groupedBytes(windowed, work, spec);
  const rowedBytes = rowed.role === 'W' ? storedBytes : groupedBytes(rowed, work, spec);
  const tiles = (bytes: number, kb: number) => Math.max(1, Math.ceil(bytes / nest.groups / (512 * kb)));
  const fetched = fetchedBytes(
    { bytes: windowedBytes, tiles: tiles(windowedBytes, spec.activationMemoryKb) },
    { bytes: rowedBytes, tiles: tiles(rowedBytes, spec.weightMemoryKb) },
  );
  const outputs = layers.reduce((sum, layer) => sum + outputsOf(layer), 0);
  const writtenBytes = outputs * spec.bytesPerValue;
  const byRole = { W: 0, A: 0, E: 0, G: 0 };
  byRole[windowed.role] += fetched.firstBytes;
  byRole[rowed.role] += fetched.secondBytes;
  byRole[outputRole(work)] += writtenBytes;
  return {
    byRole,
    loadBytes: fetched.firstBytes + fetched.secondBytes,
    storeBytes: writtenBytes,
    bytesOnce: windowedBytes + rowedBytes + writtenBytes,
  };
}

/** Values that a layer makes: a window of each filter. */
export function outputsOf({ sets, images, windowsPerImage }: FilterLayer): number {
  return images * windowsPerImage * sets.reduce((sum, { filters }) => sum + filters.length, 0);
}

/**
 * Weights, gradients and slots come in, weights and slots go out; with a mask those of the pattern only. Weights leave in each order as it is
 * stored, rows with the number of their weights and their advance codes; values that no order holds leave beside them: those of a dense
 * master, which has more than the pattern, and all where nothing multiplies them.
 */
export function updateTraffic(work: UpdateWork, orderBytes: readonly number[], spec: RowArraySpec): Movement {
  const { weights, slots, masked } = work;
  const values = (masked ? countBits(weights.nonzeros) : sizeOf(weights.nonzeros.shape)) * spec.bytesPerValue;
  const orders = orderBytes.reduce((sum, bytes) => sum + bytes, 0);
  const writtenBytes = values * slots + orders + (hasDenseMaster(work) || orderBytes.length === 0 ? values : 0);
  const readBytes = values * (2 + slots);
  return {
    byRole: { W: writtenBytes + values * (1 + slots), A: 0, E: 0, G: values },
    loadBytes: readBytes,
    storeBytes: writtenBytes,
    bytesOnce: readBytes + writtenBytes,
  };
}

function groupedBytes({ nonzeros }: Operand, { imageScale }: GemmWork, spec: RowArraySpec): number {
  const { activationGroup: group, activationBits: precisionBits, bytesPerValue } = spec;
  return Math.ceil((groupedBits(nonzeros, { group, precisionBits, valueBits: 8 * bytesPerValue }) / 8) * imageScale);
}
