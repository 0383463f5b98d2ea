import type { GemmWork, LoopNest, Size3 } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';

/** The two maps that a work relates: its lines are rows of `target`, which meet rows of `source` under the taps. */
export interface LineMaps {
  readonly target: Size3;
  readonly source: Size3;
  /** Source coordinate that target coordinate `at` meets under `tap` along an axis; -1 in the padding. */
  partner(axis: number, at: number, tap: number): number;
}

/**
 * Forward: outputs meet inputs. Input gradient: inputs meet outputs, so that the zeros a stride inserts are never met (ledger section 4,
 * 24). Weight gradient: rows of the input side, which 001 splits (ledger section 4, 26), meet rows of the output side.
 */
export function lineMaps(nest: LoopNest, phase: GemmWork['phase']): LineMaps {
  const { inSize, outSize, stride, padBefore, dilation } = nest;
  if (nestPhase(nest, phase) === 'forward') {
    return {
      target: outSize,
      source: inSize,
      partner(axis, at, tap) {
        const to = at * stride[axis] - padBefore[axis] + tap * dilation[axis];
        return to >= 0 && to < inSize[axis] ? to : -1;
      },
    };
  }
  return {
    target: inSize,
    source: outSize,
    partner(axis, at, tap) {
      const to = (at + padBefore[axis] - tap * dilation[axis]) / stride[axis];
      return Number.isInteger(to) && to >= 0 && to < outSize[axis] ? to : -1;
    },
  };
}

/**
 * Source rows (depth and height together) that each target row meets, [target row][tap row]: -1 in the padding.
 */
export function rowPartners(nest: LoopNest, { target, source, partner }: LineMaps): Int32Array {
  const [depthTaps, heightTaps] = nest.kernelSize;
  const partners = new Int32Array(target[0] * target[1] * depthTaps * heightTaps);
  let i = 0;
  for (let z = 0; z < target[0]; z++) {
    for (let y = 0; y < target[1]; y++) {
      for (let td = 0; td < depthTaps; td++) {
        for (let th = 0; th < heightTaps; th++) {
          const [sourceZ, sourceY] = [partner(0, z, td), partner(1, y, th)];
          partners[i++] = sourceZ < 0 || sourceY < 0 ? -1 : sourceZ * source[1] + sourceY;
        }
      }
    }
  }
  return partners;
}

/** Width taps under which each source column meets a column of the target. */
export function tapsPerColumn(nest: LoopNest, { target, source, partner }: LineMaps): readonly Uint32Array[] {
  const taps: number[][] = Array.from({ length: source[2] }, () => []);
  for (let x = 0; x < target[2]; x++) {
    for (let tap = 0; tap < nest.kernelSize[2]; tap++) {
      const column = partner(2, x, tap);
      if (column >= 0) taps[column].push(tap);
    }
  }
  return taps.map((list) => Uint32Array.from(list));
}
