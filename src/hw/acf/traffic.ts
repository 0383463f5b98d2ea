import { countBits, sizeOf } from '../bits.js';
import type { BitTensor, GemmWork, LoopNest, Operand, Role, UpdateWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { csrBits } from '../parts/formats/csr.js';
import type { FieldWidths } from '../parts/formats/field-widths.js';
import { rpBits } from '../parts/formats/row-histogram.js';
import { outputRole } from '../parts/gemm-movement.js';
import { hasDenseMaster } from '../parts/update-movement.js';
import type { Dataflow } from '../systolic.js';
import { residentBytes } from './operand-stationary.js';
import type { AcfSpec } from './options.js';

/** Off-chip bytes of a work: what comes in before and while it computes, what goes out, and by tensor. */
export interface Traffic {
  readonly inBytes: number;
  readonly outBytes: number;
  /** Bytes when each tensor moves once, as it is stored. */
  readonly bytesOnce: number;
  readonly byRole: Readonly<Record<Role, number>>;
}

/** Bytes of a work's operands off chip, input being the rows of its GEMMs and kernel the columns, and how often these walk over them. */
export interface Passes {
  readonly inputBytes: number;
  readonly kernelBytes: number;
  /** Tiles of output columns: with kernels outermost, times the input is walked. */
  readonly inputPasses: number;
  /** Tiles of output rows: with inputs outermost, times the kernel is walked. */
  readonly kernelPasses: number;
}

/**
 * Off-chip traffic of a GEMM work. Groups come one after another: an operand of which a group fits its part of the buffer is read once.
 * Else: OS reads one operand once and the other once per tile of it, in the cheaper order; WS reads kernels once and inputs once per
 * column tile, IS the other way round; both spill the partial sums that do not fit. Outputs leave dense, as their zeros are not known
 * before the activation function; a sampled weight gradient leaves as its wanted values, whose positions are the weights'. The input
 * gradient reads W, or the second factor of a product of activations, by columns: with the controller a transpose pass reads it and
 * writes a second copy first (ledger section 4, 25).
 */
export function gemmTraffic(work: GemmWork, dataflow: Dataflow, passes: Passes, spilledBytes: number, spec: AcfSpec): Traffic {
  const { inputBytes: input, kernelBytes: kernel } = passes;
  const buffer = residentBytes(spec.sramKb) * work.nest.groups;
  const inputAgain = input <= buffer ? input : input * passes.inputPasses;
  const kernelAgain = kernel <= buffer ? kernel : kernel * passes.kernelPasses;
  const inputOnce = dataflow === 'IS' || (dataflow === 'OS' && input + kernelAgain < inputAgain + kernel);
  const inputBytes = inputOnce ? input : inputAgain;
  const kernelBytes = inputOnce ? kernelAgain : kernel;
  const transposed = work.phase === 'inputGradient' && spec.sparseMemoryController ? kernel : 0;
  const outputBytes = writtenElements(work, spec) * spec.bytesPerValue;
  const byRole = { W: 0, A: 0, E: 0, G: 0 };
  const [rows, columns] = gemmSides(work);
  byRole[rows.role] += inputBytes;
  byRole[columns.role] += kernelBytes + 2 * transposed;
  byRole[outputRole(work)] += outputBytes + spilledBytes;
  return {
    inBytes: inputBytes + kernelBytes + transposed + spilledBytes / 2,
    outBytes: outputBytes + transposed + spilledBytes / 2,
    bytesOnce: input + kernel + outputBytes,
    byRole,
  };
}

/** Bytes of the weights as the next step reads them, and those read and written besides the values: for a new pattern, or beside a master. */
export interface StoredWeights {
  readonly bytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/**
 * Off-chip traffic of a weight update: W and the slots in and out, G in. With the controller W comes as it is stored, and a masked method
 * moves the values of the pattern only; without a mask every value is stored. A dense master is never multiplied and has no positions.
 */
export function updateTraffic(work: UpdateWork, { bytes, readBytes, writtenBytes }: StoredWeights, spec: AcfSpec): Traffic {
  const { weights, slots, masked } = work;
  const hasMaster = hasDenseMaster(work);
  const elements = masked && spec.sparseMemoryController ? countBits(weights.nonzeros) : sizeOf(weights.nonzeros.shape);
  const valueBytes = elements * spec.bytesPerValue;
  // What comes with the values: an index each in CSR; of rows in the smallest format all but these.
  const positionBytes = spec.weightFormat === 'csr' ? Math.ceil((elements * spec.indexBits) / 8) : bytes - valueBytes;
  const indexBytes = spec.sparseMemoryController && !hasMaster ? positionBytes : 0;
  const weightBytes = valueBytes * (2 + 2 * slots) + indexBytes;
  return {
    inBytes: valueBytes * (2 + slots) + indexBytes + readBytes,
    outBytes: valueBytes * (1 + slots) + writtenBytes,
    bytesOnce: weightBytes + valueBytes + (hasMaster ? writtenBytes : 0), // a change of pattern is no need
    byRole: { W: weightBytes + readBytes + writtenBytes, A: 0, E: 0, G: valueBytes },
  };
}

/**
 * Cycles that the array waits for memory under double buffering: the first tile's operands, the last tile's outputs, and what of the
 * rest does not hide behind computation.
 */
export function memoryStall(computeCycles: number, { inBytes, outBytes }: Traffic, tiles: number, spec: AcfSpec): number {
  const transfer = (bytes: number) => Math.ceil(bytes / spec.dramBytesPerCycle);
  const first = Math.ceil(inBytes / Math.max(1, tiles));
  const last = Math.ceil(outBytes / Math.max(1, tiles));
  const hidden = transfer(inBytes - first + outBytes - last);
  return transfer(first) + transfer(last) + Math.max(0, hidden - computeCycles);
}

/**
 * Bytes of a tensor off chip. Without the controller dense. With it weights are as {@link storedWeightBytes} says; other tensors take
 * per image row (or per sample of a dense layer) the smallest format, and the second factor of a product of activations per row of it.
 */
export function storedBytes(operand: Operand, work: GemmWork, spec: AcfSpec): number {
  const { role, nonzeros } = operand;
  const { nest, imageScale } = work;
  const size = sizeOf(nonzeros.shape);
  const scale = role === 'W' ? 1 : imageScale;
  if (!spec.sparseMemoryController) return size * spec.bytesPerValue * scale;
  if (role === 'W') return storedWeightBytes(nonzeros, nest.outChannels, spec);
  const isSecondFactor = operand === work.kernel && role === 'A';
  const bits = rpBits(nonzeros, isSecondFactor ? nest.outChannels : mapOf(role, nest).line, {
    ...widthsOf(spec),
    denseRows: true,
  });
  return Math.ceil((bits * scale) / 8);
}

/**
 * Bytes of a layer's weights with the controller, a row per output channel, cut into pieces that an index can address: as CSR, or each
 * piece in the smallest format.
 */
export function storedWeightBytes(nonzeros: BitTensor, outChannels: number, spec: AcfSpec): number {
  const length = sizeOf(nonzeros.shape) / outChannels;
  if (spec.weightFormat === 'rows') {
    return Math.ceil(rpBits(nonzeros, length, { ...widthsOf(spec), denseRows: true }, outChannels) / 8);
  }
  const rows = outChannels * Math.ceil(length / 2 ** spec.indexBits);
  return Math.ceil(csrBits(countBits(nonzeros), rows, widthsOf(spec)) / 8);
}

function widthsOf({ bytesPerValue, indexBits }: AcfSpec): FieldWidths {
  return { valueBits: 8 * bytesPerValue, indexBits };
}

/** Elements of a work's output tensor that leave the chip. */
export function writtenElements({ phase, nest, output, imageScale }: GemmWork, spec: AcfSpec): number {
  if (phase === 'forward') return mapOf('E', nest).elements * imageScale;
  if (phase === 'inputGradient') return mapOf('A', nest).elements * imageScale;
  if (output && spec.sparseMemoryController) return countBits(output.nonzeros);
  return (sizeOf(nest.kernelSize) * nest.inChannels * nest.outChannels) / nest.groups;
}

/** Elements of a layer's A or E, and of one line of it: the channels of all pixels of an image row. */
function mapOf(role: Role, nest: LoopNest): { elements: number; line: number } {
  const isNestInput = (role === 'A') !== nest.transposed;
  const [size, channels] = isNestInput ? [nest.inSize, nest.inChannels] : [nest.outSize, nest.outChannels];
  return { elements: nest.batch * sizeOf(size) * channels, line: size[2] * channels };
}
