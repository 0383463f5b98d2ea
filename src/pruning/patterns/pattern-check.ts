import type { KernelInfo, Pattern } from '../contracts.js';

/** Asks a pattern for a mask of zeros: what it refuses of a kernel it refuses then, and not only when a schedule first prunes. */
export function patternCheck(pattern: Pattern): (info: KernelInfo) => void {
  return (info) => {
    pattern(new Float32Array(info.shape.reduce((size, length) => size * length, 1)), info, 0.5);
  };
}
