import type { OutputGrid } from '../../kernels/index.js';
import type { AcfSpec } from './options.js';

/** The array as the kernels see it that count output-stationary rounds. */
export function outputGrid({ rows, cols, fanOut, banks, queueDepth }: AcfSpec): OutputGrid {
  return { rows, cols, fanOut, banks, roundWords: queueDepth / 32 };
}
