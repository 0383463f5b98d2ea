import { type GemmWork, getBit } from 'tfjs-sparsity/hw';
import type { TensorDashSpec } from '../../../src/hw/tensordash/options.js';
import { naiveGemms } from './acf-events.js';

/** What the event-level reference sees of a work. */
export interface TensorDashEvents {
  cycles: number;
  executed: number;
  effectual: number;
  /** Multiplier-cycles without a pair, of elements without an output, and of tiles that are done. */
  lanes: number;
  underfilled: number;
  imbalance: number;
}

/** A pair of operands that waits: its row and lane. */
interface Pair {
  readonly row: number;
  readonly lane: number;
  readonly effectual: boolean;
}

const levels = [[0, 5, 10], [1, 6, 11], [2, 7, 12], [3, 8, 13], [4, 9, 14], [15]];

/** Runs a work pair by pair, each multiplier choosing for itself. Slow on purpose. */
export function tensorDashEvents(work: GemmWork, spec: TensorDashSpec): TensorDashEvents {
  const events = { cycles: 0, executed: 0, effectual: 0, lanes: 0, underfilled: 0, imbalance: 0 };
  const busy = new Array<number>(spec.tiles).fill(0);
  const elementsPerTile = spec.tileRows * spec.tileCols;
  let block = 0;
  const side = spec.skip === 'both' ? 'both' : sparserSide(work);
  const turned = work.nest.transposed && work.phase === 'weightGradient';
  for (const { input, kernel, wanted } of naiveGemms(work)) {
    const skips = {
      input: side === 'both' || (side === 'input') !== turned,
      kernel: side === 'both' || (side === 'kernel') !== turned,
    };
    // What skips for its whole row of elements goes along the rows of a tile.
    const alongRows = skips.input ? input : kernel;
    const alongCols = skips.input ? kernel : input;
    const places = rowsAndLanes(work, input[0].length);
    const rows = Math.max(...places.map(({ row }) => row)) + 1;
    for (let first = 0; first < alongRows.length; first += spec.tileRows)
      for (let left = 0; left < alongCols.length; left += spec.tileCols) {
        const elements: Pair[][] = [];
        for (let i = first; i < Math.min(first + spec.tileRows, alongRows.length); i++)
          for (let j = left; j < Math.min(left + spec.tileCols, alongCols.length); j++) {
            const [r, c] = skips.input ? [i, j] : [j, i];
            const pairs = places.map(({ row, lane }, k) => ({
              ...{ row, lane },
              waits: (!skips.input || input[r][k]) && (!skips.kernel || kernel[c][k]),
              effectual: input[r][k] && kernel[c][k] && wanted[r][c],
            }));
            elements.push(pairs.filter(({ waits }) => waits));
          }
        const cycles = runBlock(elements, rows, events);
        events.underfilled += cycles * 16 * (elementsPerTile - elements.length);
        busy[block++ % spec.tiles] += cycles;
      }
  }
  events.cycles = Math.max(...busy);
  for (const cycles of busy) events.imbalance += (events.cycles - cycles) * elementsPerTile * 16;
  return events;
}

/** Elements go on, cycle by cycle, and move past rows that none of them needs. */
function runBlock(elements: Pair[][], rows: number, events: TensorDashEvents): number {
  let first = 0;
  let cycles = 0;
  while (first < rows) {
    cycles++;
    for (const waiting of elements) {
      const taken = schedule(waiting, first);
      for (const pair of taken) waiting.splice(waiting.indexOf(pair), 1);
      events.executed += taken.length;
      events.effectual += taken.filter(({ effectual }) => effectual).length;
      events.lanes += 16 - taken.length;
    }
    const drained = elements.map((waiting) => {
      let done = 0;
      while (done < 3 && !waiting.some(({ row }) => row === first + done)) done++;
      return done;
    });
    first += Math.min(...drained);
  }
  return cycles;
}

/** What the multipliers of an element take: those of a level at the same time, from what the levels before left. */
function schedule(waiting: readonly Pair[], first: number): Pair[] {
  const taken: Pair[] = [];
  for (const level of levels) {
    const left = waiting.filter((pair) => !taken.includes(pair));
    const chosen = level.flatMap((lane) => {
      const reach = [
        { ahead: 0, at: lane },
        { ahead: 1, at: lane },
        { ahead: 2, at: lane },
        { ahead: 1, at: lane - 1 },
        { ahead: 1, at: lane + 1 },
        { ahead: 2, at: lane - 2 },
        { ahead: 2, at: lane + 2 },
        { ahead: 1, at: lane - 3 },
      ];
      for (const { ahead, at } of reach) {
        const pair = left.find((one) => one.row === first + ahead && one.lane === (at + 16) % 16);
        if (pair) return [pair];
      }
      return [];
    });
    if (new Set(chosen).size < chosen.length) throw new Error('two lanes of a level took the same pair');
    taken.push(...chosen);
  }
  return taken;
}

/** Where each reduction index lies: channels of a tap 16 at a time, or pixels 16 at a time. */
function rowsAndLanes({ nest, phase }: GemmWork, reductions: number): { row: number; lane: number }[] {
  const forward = (phase === 'forward') !== nest.transposed;
  const channels = (forward ? nest.inChannels : nest.outChannels) / nest.groups;
  const together = phase === 'weightGradient' ? reductions : channels;
  return Array.from({ length: reductions }, (_, k) => ({
    row: Math.floor(k / together) * Math.ceil(together / 16) + Math.floor((k % together) / 16),
    lane: (k % together) % 16,
  }));
}

function sparserSide({ input, kernel }: GemmWork): 'input' | 'kernel' {
  const [inputs, kernels] = [input, kernel].map(({ nonzeros }) => {
    const size = nonzeros.shape.reduce((product, axis) => product * axis, 1);
    return Array.from({ length: size }, (_, i) => getBit(nonzeros, i)).filter(Boolean).length / size;
  });
  return kernels < inputs ? 'kernel' : 'input';
}
