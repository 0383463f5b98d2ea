import type { KernelInfo, Pattern } from '../contracts.js';
import { sizeFromShape } from '../size-from-shape.js';

/** Asks a pattern for a mask of zeros: what it refuses of a kernel it refuses then, and not only when a schedule first prunes. */
export function patternCheck(pattern: Pattern): (info: KernelInfo) => void {
  return (info) => {
    pattern(new Float32Array(sizeFromShape(info.shape)), info, 0.5);
  };
}
