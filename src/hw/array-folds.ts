import type { Fold } from './parts/double-buffer.js';
import { type SystolicGemm, systolic } from './systolic.js';

/** Off-chip bytes of a GEMM by tensor. */
export interface ArrayTraffic {
  readonly inputBytes: number;
  readonly kernelBytes: number;
  readonly outputBytes: number;
}

/** A GEMM with the off-chip bytes of its tensors, each element once. */
export interface ArrayGemm extends SystolicGemm, ArrayTraffic {
  /** Half of each of the three buffers: what one tensor may keep while the other half is filled. */
  readonly residentBytes: number;
}

/** Two loops over tiles of the mapped dimensions; each tensor's tile depends on one of them or on both. */
interface Tiling {
  /** Shares of the dimension that the tiles have; they add to 1. */
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  readonly input: Loops;
  readonly kernel: Loops;
  readonly output: Loops;
}

type Loops = 'outer' | 'inner' | 'both';

/**
 * The folds of a GEMM with what each loads and stores. The operand tile of the outer loop stays while the inner loop runs; an operand of
 * the inner loop comes again at each outer step unless all of it fits. Of the partial sums that are met again, what does not fit goes out
 * and comes back.
 */
export function* arrayFolds(gemm: ArrayGemm): Generator<Fold> {
  const { outer, inner, ...tensors } = tilingOf(gemm);
  const { cyclesPerFold } = systolic(gemm);
  const spilled = spilledShare(gemm, outer, tensors.output);
  for (let o = 0; o < outer.length; o++) {
    for (let i = 0; i < inner.length; i++) {
      const tile = (tensor: 'input' | 'kernel' | 'output') =>
        gemm[`${tensor}Bytes`] * (tensors[tensor] === 'inner' ? 1 : outer[o]) * (tensors[tensor] === 'outer' ? 1 : inner[i]);
      const metBefore = { outer: i > 0, inner: o > 0, both: false };
      const metAgain = { outer: i < inner.length - 1, inner: o < outer.length - 1, both: false };
      const load = (tensor: 'input' | 'kernel') =>
        metBefore[tensors[tensor]] && !comesAgain(gemm[`${tensor}Bytes`], tensors[tensor], gemm) ? 0 : tile(tensor);
      yield {
        computeCycles: cyclesPerFold,
        loadBytes: load('input') + load('kernel') + (metBefore[tensors.output] ? spilled * tile('output') : 0),
        storeBytes: (metAgain[tensors.output] ? spilled : 1) * tile('output'),
      };
    }
  }
}

/** The bytes that the folds of a GEMM move, in all. */
export function arrayTraffic(gemm: ArrayGemm): ArrayTraffic {
  return trafficOf(gemm, tilingOf(gemm));
}

function trafficOf(gemm: ArrayGemm, { outer, inner, input, kernel, output }: Tiling): ArrayTraffic {
  const read = (bytes: number, loops: Loops) => bytes * (comesAgain(bytes, loops, gemm) ? outer.length : 1);
  const revisits = { outer: inner.length - 1, inner: outer.length - 1, both: 0 }[output];
  return {
    inputBytes: read(gemm.inputBytes, input),
    kernelBytes: read(gemm.kernelBytes, kernel),
    outputBytes: gemm.outputBytes * (1 + 2 * revisits * spilledShare(gemm, outer, output)),
  };
}

/** The order of the two loops that moves fewer bytes. */
function tilingOf(gemm: ArrayGemm): Tiling {
  const { rows, cols, dataflow } = gemm;
  const { mapped } = systolic(gemm);
  const rowTiles = tiles(mapped.rows, rows);
  const colTiles = tiles(mapped.cols, cols);
  const tiling = (byRow: Loops, byCol: Loops): Tiling => {
    const [outer, inner] = byRow === 'outer' ? [rowTiles, colTiles] : [colTiles, rowTiles];
    switch (dataflow) {
      case 'WS':
        return { outer, inner, input: byRow, kernel: 'both', output: byCol };
      case 'IS':
        return { outer, inner, input: 'both', kernel: byRow, output: byCol };
      case 'OS':
        return { outer, inner, input: byRow, kernel: byCol, output: 'both' };
    }
  };
  const [a, b] = [tiling('inner', 'outer'), tiling('outer', 'inner')];
  return total(trafficOf(gemm, b)) < total(trafficOf(gemm, a)) ? b : a;
}

function total({ inputBytes, kernelBytes, outputBytes }: ArrayTraffic): number {
  return inputBytes + kernelBytes + outputBytes;
}

function tiles(dimension: number, size: number): number[] {
  return Array.from({ length: Math.ceil(dimension / size) }, (_, i) => Math.min(size, dimension - i * size) / dimension);
}

function comesAgain(bytes: number, loops: Loops, { residentBytes }: ArrayGemm): boolean {
  return loops === 'inner' && bytes > residentBytes;
}

/** Share of the partial sums that stand between two visits and do not fit. */
function spilledShare({ outputBytes, residentBytes }: ArrayGemm, outer: readonly number[], output: Loops): number {
  const standing = output === 'outer' ? outputBytes * outer[0] : outputBytes;
  return Math.max(0, 1 - residentBytes / standing);
}
