import { sizeOf } from '../bits.js';
import type { BitTensor, GemmWork, PhaseWork, Role, UpdateWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { bufferTiles, fetchedBytes, type StoredBits } from '../parts/buffers.js';
import { outputRole } from '../parts/gemm-movement.js';
import type { Movement } from '../parts/total-work.js';
import { hasDenseMaster } from '../parts/update-movement.js';
import { expandedBits } from './expanded-bits.js';
import type { FrameSpec } from './options.js';
import { type Storage, type StoredTensor, storedTensor } from './stored-tensor.js';
import { tensorRows, weightRows } from './tensor-rows.js';

/** How a design keeps tensors off chip and on chip. */
export interface Memory extends Storage {
  readonly buffer: 'unified' | 'partitioned';
  /** Whether inputs lie off chip as im2col expands them. @default false */
  readonly im2col?: boolean;
}

/** The tensors of a work as stored: input and kernel are the rows and the columns of its GEMM, whatever their roles. */
export interface StoredWork {
  readonly input: StoredTensor;
  readonly kernel: StoredTensor;
  readonly output: StoredTensor;
}

/** The maps of one use of a layer in a step: what the outputs of its works look like once they are masked. */
type UseMaps = { [role in 'A' | 'E']?: BitTensor };

/** What a step's GEMMs tell of its layers. */
export interface StepLayers {
  /** A work of each layer. */
  readonly works: ReadonlyMap<string, GemmWork>;
  readonly mapsOf: ReadonlyMap<GemmWork, UseMaps>;
}

/**
 * The layers of a step. Uses of a shared layer go backward from the last one, each with its input gradient before its weight gradient
 * (see `trainingWorks`). A method may thin A for the weight gradient, and E for the input gradient: A is that of the forward work, E that
 * of the weight gradient where there is one.
 */
export function stepLayers(works: readonly PhaseWork[]): StepLayers {
  const layers = new Map<string, GemmWork>();
  const mapsOf = new Map<GemmWork, UseMaps>();
  const ahead = new Map<string, UseMaps[]>(); // uses of a layer that are not done
  for (const work of works) {
    if (work.kind === 'update' || work.kernel.role === 'A') continue;
    const { layer, phase, input, kernel } = work;
    if (!layers.has(layer)) layers.set(layer, work);
    const uses = ahead.get(layer) ?? [];
    ahead.set(layer, uses);
    if (phase === 'forward') uses.push({ A: input.nonzeros });
    if (phase === 'inputGradient' && uses.at(-1)?.E) uses.pop(); // of a frozen layer, which has no weight gradient
    const use = uses.at(-1) ?? {};
    mapsOf.set(work, use);
    if (phase === 'inputGradient') use.E = input.nonzeros;
    if (phase === 'weightGradient') {
      use.E = kernel.nonzeros;
      uses.pop();
    }
  }
  return { works: layers, mapsOf };
}

/**
 * The tensors of a work as a design stores them. Outputs leave through the sparsification and compression units: the output of a layer
 * with the pattern of its E, its input gradient with that of its A, which is where ReLU lets values and errors through; where the step
 * has no such map (or a layer is used again at another size), at the bits per element of the input. A gradient has the wanted pattern, or
 * no zeros; a product of two activations has none either, since no ReLU follows it.
 */
export function storedWork(work: GemmWork, layers: StepLayers, storage: Memory): StoredWork {
  const stored = (role: Role, nonzeros?: BitTensor) => storedTensor(nonzeros, tensorRows(work, role, storage.rowLayout), storage);
  const [rows, columns] = gemmSides(work);
  const plainInput = stored(rows.role, rows.nonzeros);
  const input = storage.im2col ? expandedBits(work, rows.nonzeros, storage.valueBits) : plainInput;
  const ofActivations = work.kernel.role === 'A';
  const kernel = stored(ofActivations ? 'W' : columns.role, columns.nonzeros);
  if (work.phase === 'weightGradient') return { input, kernel, output: stored('G', work.output?.nonzeros) };
  const role = work.phase === 'forward' ? 'E' : 'A';
  const map = layers.mapsOf.get(work)?.[role];
  const full = stored(role);
  if (ofActivations) return { input, kernel, output: full };
  if (map && Math.abs(sizeOf(map.shape) * work.imageScale - full.elements) < 1)
    return { input, kernel, output: stored(role, map) };
  return { input, kernel, output: scaled(plainInput, full.elements / plainInput.elements) };
}

function scaled(tensor: StoredTensor, factor: number): StoredTensor {
  const times = (bits: number) => Math.round(bits * factor);
  return {
    valueBits: times(tensor.valueBits),
    indexBits: times(tensor.indexBits),
    elements: times(tensor.elements),
    nonzeros: times(tensor.nonzeros),
    rows: { csr: times(tensor.rows.csr), bitmap: times(tensor.rows.bitmap) },
  };
}

/** Bytes of a stored tensor. */
export function bytesOf({ valueBits, indexBits }: StoredBits): number {
  return Math.ceil((valueBits + indexBits) / 8);
}

/**
 * Off-chip traffic of a GEMM work: the loop nest that all designs share. PE SRAMs and global buffer hold a third each of input, kernel
 * and output. An operand that fits its third is read once; of two that do not, one is read again for every tile of the other. Forward and
 * input gradient write outputs as they come; a weight gradient that does not fit is made tile by tile, and of two operands that do not
 * fit the smaller is read again for each. Groups come one after another: an operand meets only those of its own.
 */
export function gemmTraffic(work: GemmWork, { input, kernel, output }: StoredWork, frame: FrameSpec, memory: Memory): Movement {
  const capacityBits = ((frame.pes * frame.peSramKb + frame.globalBufferKb) * 1024 * 8) / 3;
  const { groups } = work.nest;
  const tilesOf = ({ valueBits, indexBits }: StoredTensor) =>
    bufferTiles({ valueBits: valueBits / groups, indexBits: indexBits / groups }, { capacityBits, kind: memory.buffer });
  const operand = (tensor: StoredTensor) => {
    const tiles = tilesOf(tensor);
    return { bytes: bytesOf(tensor), tiles: tiles > 1 && work.phase === 'weightGradient' ? tilesOf(output) : tiles };
  };
  const [first, second] = [operand(input), operand(kernel)];
  const fetched = fetchedBytes(first, second);
  const transposed = work.phase === 'inputGradient' && frame.chargeTranspose ? second.bytes : 0;
  const storeBytes = bytesOf(output) + transposed;
  const byRole: Record<Role, number> = { W: 0, A: 0, E: 0, G: 0 };
  const [rows, columns] = gemmSides(work);
  byRole[rows.role] += fetched.firstBytes;
  byRole[columns.role] += fetched.secondBytes + 2 * transposed;
  byRole[outputRole(work)] += bytesOf(output);
  return {
    loadBytes: fetched.firstBytes + fetched.secondBytes + transposed,
    storeBytes,
    bytesOnce: first.bytes + second.bytes + bytesOf(output),
    byRole,
  };
}

/**
 * Off-chip traffic of an update: W and the optimizer slots in and out, G in; with `masked` only what the pattern keeps. Of a dense master,
 * which is stored as rows without zeros, both leave: it and what the next step multiplies.
 */
export function updateTraffic(work: UpdateWork, layers: StepLayers, storage: Storage): Movement {
  const { layer, weights, slots, masked } = work;
  const gemm = layers.works.get(layer);
  const rows = gemm
    ? tensorRows(gemm, 'W', storage.rowLayout)
    : weightRows(weights.nonzeros.shape, storage.rowLayout === 'flattened');
  const updated = storedTensor(masked ? weights.nonzeros : undefined, rows, storage);
  const slotBytes = (slots * updated.valueBits) / 8;
  const bytes = bytesOf(updated);
  const compressed = hasDenseMaster(work) ? bytesOf(storedTensor(weights.nonzeros, rows, storage)) : 0;
  return {
    loadBytes: 2 * bytes + slotBytes,
    storeBytes: bytes + slotBytes + compressed,
    bytesOnce: 3 * bytes + 2 * slotBytes + compressed,
    byRole: { W: 2 * bytes + 2 * slotBytes + compressed, A: 0, E: 0, G: bytes },
  };
}
