import { bernoulliBits, dadiannao, type GemmWork, memoryNodes, network, rowBetaBits, tactical } from '../../hw/index.js';
import { createRng } from '../../rng.js';

/** A forward pass on one off-chip memory. */
export interface MemoryPoint {
  readonly memory: string;
  readonly gigabytesPerSecond: number;
  /** T8<2,5> over DaDianNao++ on the same memory. */
  readonly speedup: number;
  /** Share of the time of T8<2,5> that it waits for the memory. */
  readonly waiting: number;
}

const zeros = { weights: 0.7, activations: 0.45 };

/**
 * GoogLeNet, 70 % of its weights zero, 16-bit values as in 003, on each memory at 1 GHz.
 *
 * @param spread how far the densities of a layer's filters differ, of `rowBetaBits`, in [0, 1).
 */
export function runMemories(seed: number, spread: number): readonly MemoryPoint[] {
  const works = network('googlenet').layers.map(({ name, nest }): GemmWork => {
    const rng = createRng(`memories/${seed}/${name}`);
    const A = bernoulliBits([1, ...nest.inSize, nest.inChannels], 1 - zeros.activations, rng);
    const W = rowBetaBits(
      [...nest.kernelSize, nest.inChannels, nest.outChannels],
      { density: 1 - zeros.weights, spread, rowAxes: [4] },
      rng,
    );
    return {
      ...{ kind: 'gemm', layer: name, phase: 'forward', nest, imageScale: 1 },
      input: { role: 'A', source: name, nonzeros: A },
      kernel: { role: 'W', source: name, nonzeros: W },
    };
  });
  return Object.entries(memoryNodes).map(([memory, { gigabytesPerSecond }]) => {
    const options = { dramBytesPerCycle: gigabytesPerSecond, bytesPerValue: 2 } as const;
    const [dense, front] = [dadiannao(options), tactical(options)].map((machine) => machine.start().executeStep(works).works);
    const sum = (counts: typeof dense, of: (one: (typeof dense)[number]) => number) =>
      counts.reduce((total, one) => total + of(one), 0);
    const cycles = sum(front, (one) => one.cycles);
    return {
      ...{ memory, gigabytesPerSecond },
      speedup: sum(dense, (one) => one.cycles) / cycles,
      waiting: sum(front, ({ idleUnitCycles, units }) => idleUnitCycles.memory / units) / cycles,
    };
  });
}

/** The memories as a table, a line each. */
export function memoryLines(points: readonly MemoryPoint[]): string[] {
  if (points.length === 0) return [];
  const widths = [12, 7, 8, 17];
  const row = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return [
    'T8<2,5> over DaDianNao++ on the same off-chip memory: GoogLeNet, one image,',
    `16-bit values, ${zeros.weights} of the weights and ${zeros.activations} of the activations zero`,
    row(['memory', 'GB/s', 'speed-up', '% of time waiting']),
    ...points.map(({ memory, gigabytesPerSecond, speedup, waiting }) =>
      row([memory, String(gigabytesPerSecond), speedup.toFixed(2), (100 * waiting).toFixed(0)]),
    ),
  ];
}
