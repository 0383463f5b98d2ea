import { type GemmWork, getBit, scheduleWeights } from '../../../src/hw/index.js';

/** How the slow simulation schedules: the options of `scheduleWeights`, and none for a machine that issues every row. */
export type Rule = Omit<Parameters<typeof scheduleWeights>[1], 'lanes'> | undefined;

/**
 * Compute cycles of a forward pass of one group, or of an input gradient at stride 1, window after window: every tile walks through the issued rows
 * of its set, and all meet at the end of a group of sets.
 */
export function slowCycles(
  work: GemmWork,
  { tiles, filters, lanes }: { tiles: number; filters: number; lanes: number },
  rule: Rule,
): number {
  const { nest } = work;
  const sets: number[] = [];
  const all = filterRows(work, lanes);
  for (let first = 0; first < all.length; first += filters) {
    const own = all.slice(first, first + filters);
    const rows = own[0].map((_, row) => own.flatMap((filter) => filter[row]));
    sets.push(rule ? scheduleWeights(rows, { ...rule, lanes }).cycles : rows.length);
  }
  let cycles = 0;
  const size = work.phase === 'forward' ? nest.outSize : nest.inSize;
  for (let window = 0; window < nest.batch * size[0] * size[1] * size[2]; window++) {
    for (let first = 0; first < sets.length; first += tiles) cycles += Math.max(...sets.slice(first, first + tiles));
  }
  return cycles;
}

/** The rows of every filter: per tap, column by column, channels in pieces of the lanes, filled up with zeros. */
function filterRows({ nest, phase, kernel }: GemmWork, lanes: number): number[][][] {
  const { inChannels, outChannels, kernelSize } = nest;
  const [, height, width] = kernelSize;
  const taps = Array.from({ length: height * width }, (_, step) => (step % height) * width + Math.floor(step / height));
  const forward = phase === 'forward';
  const [count, channels] = forward ? [outChannels, inChannels] : [inChannels, outChannels];
  if (!forward) taps.reverse();
  return Array.from({ length: count }, (_, filter) =>
    taps.flatMap((tap) =>
      Array.from({ length: Math.ceil(channels / lanes) }, (_, piece) =>
        Array.from({ length: lanes }, (_, lane) => {
          const channel = piece * lanes + lane;
          if (channel >= channels) return 0;
          const [input, output] = forward ? [channel, filter] : [filter, channel];
          return Number(getBit(kernel.nonzeros, (tap * inChannels + input) * outChannels + output));
        }),
      ),
    ),
  );
}
