import type { GemmWork, Operand, UpdateWork, WorkCounts } from '../contracts.js';
import { effectualMacs, workMacs } from '../effectual-macs.js';
import { gemmSides } from '../gemm-sides.js';
import { denseMacs } from '../loop-nest.js';
import { runLengthBits } from '../parts/formats/run-length.js';
import { outputElements, outputRole } from '../parts/gemm-movement.js';
import { multiplyAction } from '../parts/multiply-action.js';
import { type Frame, type Movement, totalWork } from '../parts/total-work.js';
import { updateMovement } from '../parts/update-movement.js';
import type { ArraySums } from './array-sums.js';
import type { ScnnSpec } from './options.js';

/** The counts of a GEMM work: array sums of the images present, times the images that each stands for. */
export function gemmCounts(work: GemmWork, sums: ArraySums, convolution: boolean, spec: ScnnSpec): WorkCounts {
  const scale = work.imageScale;
  const elements = spec.peRows * spec.peCols;
  const multipliers = spec.activationVector * spec.weightVector;
  const effectual = effectualMacs(work) * scale;
  // The peer's pairing makes products of its own: they are as useful as it takes them to be.
  const useful = work.phase === 'weightGradient' ? effectual : sums.landed * scale;
  const words = spec.bytesPerValue / 4;
  const execution = {
    cycles: sums.cycles * scale,
    folds: Math.max(1, Math.round(sums.passes * (convolution ? scale : 1))),
    useful,
    macs: { dense: denseMacs(work.nest) * scale, effectual, executed: sums.products * scale },
    idle: {
      ineffectual: sums.landed * scale - useful,
      outside: (sums.products - sums.landed) * scale,
      fragmentation: (sums.bricks * multipliers - sums.products) * scale,
      conflicts: sums.conflicts * multipliers * scale,
      imbalance: sums.waiting * multipliers * scale,
      halo: sums.haloCycles * elements * multipliers * scale,
    },
    actions: {
      [multiplyAction(spec.bytesPerValue)]: sums.products * scale,
      addFp32: (sums.landed + sums.haloWords) * scale,
      // Each brick takes a vector of weights from the FIFO and holds one of activations.
      registerAccess: sums.bricks * (spec.weightVector + spec.activationVector) * words * scale,
      // A product reads and writes its partial sum, and so does one that a neighbour sent.
      sramSmallAccess: (sums.activationWords + sums.weightWords + 2 * (sums.landed + sums.haloWords)) * words * scale,
      // Over the crossbar to a bank, to a neighbour, and each weight from element to element.
      nocHop: (sums.landed + sums.haloWords + sums.weightWords) * words * scale,
      indexOp: 2 * sums.products * scale, // row and column of the output
    },
    decisions: {},
  };
  return totalWork(work, execution, gemmTraffic(work, sums, convolution, spec), frameOf(spec));
}

/** The counts of a weight update: one multiply-add per stored weight and one per slot, spread evenly over the multipliers. */
export function updateCounts(work: UpdateWork, spec: ScnnSpec): WorkCounts {
  const units = unitsOf(spec);
  const executed = effectualMacs(work);
  const cycles = Math.ceil(executed / units);
  const execution = {
    cycles,
    folds: Math.max(1, cycles),
    macs: { dense: workMacs(work), effectual: executed, executed },
    idle: { underfilled: units * cycles - executed },
    actions: {
      [multiplyAction(spec.bytesPerValue)]: executed,
      addFp32: executed,
      registerAccess: (3 * executed * spec.bytesPerValue) / 4,
    },
    decisions: {},
  };
  return totalWork(work, execution, updateMovement(work, storedBytes(work.weights, spec), spec.bytesPerValue), frameOf(spec));
}

function frameOf(spec: ScnnSpec): Frame {
  const [units, { dramBytesPerCycle, clockGhz }] = [unitsOf(spec), spec];
  return { units, dramBytesPerCycle, buffer: 'sramSmallAccess', leak: (cycles) => (units * cycles) / clockGhz };
}

function unitsOf({ peRows, peCols, activationVector, weightVector }: ScnnSpec): number {
  return peRows * peCols * activationVector * weightVector;
}

/**
 * Operands come in run-length coded. The kernel (the columns of the GEMM) streams past the elements once per image (and depth) of a
 * convolution, once otherwise; the source comes once, or once per pass of its group where that group's part of an image (of a dense layer: of
 * the batch) overflows the activation RAMs. Outputs leave dense, as their zeros are not known before the activation function.
 */
function gemmTraffic(work: GemmWork, sums: ArraySums, convolution: boolean, spec: ScnnSpec): Movement {
  const { nest, phase, imageScale } = work;
  const [input, kernel] = gemmSides(work);
  const images = nest.batch * imageScale;
  const stored = (operand: Operand) => storedBytes(operand, spec) * (operand.role === 'W' ? 1 : imageScale);
  const [inputBytes, kernelBytes] = [stored(input), stored(kernel)];
  const resident = spec.peRows * spec.peCols * spec.activationRamKb * 1024;
  const together = (convolution || phase === 'weightGradient' ? inputBytes / images : inputBytes) / nest.groups;
  // The peer's passes go across groups, so that there may be fewer of them.
  const passes = Math.max(1, sums.passes / nest.groups / (convolution ? nest.batch : 1));
  const inputRead = together <= resident ? inputBytes : inputBytes * passes;
  const kernelRead = kernelBytes * sums.streams * (convolution ? imageScale : 1);
  const written = outputElements(work) * spec.bytesPerValue;
  const byRole = { W: 0, A: 0, E: 0, G: 0 };
  byRole[input.role] += inputRead;
  byRole[kernel.role] += kernelRead;
  byRole[outputRole(work)] += written;
  return { byRole, loadBytes: inputRead + kernelRead, storeBytes: written, bytesOnce: inputBytes + kernelBytes + written };
}

function storedBytes({ nonzeros }: Operand, { bytesPerValue, runBits }: ScnnSpec): number {
  return Math.ceil(runLengthBits(nonzeros, { valueBits: 8 * bytesPerValue, indexBits: runBits, runBits }) / 8);
}
