import { type GemmWork, getBit, type LoopNest } from 'tfjs-sparsity/hw';
import type { ScnnSpec } from '../../../src/hw/scnn/options.js';

/** What the event-level reference sees of a work: every vector, every product, one cycle after the other. */
export interface ScnnEvents {
  cycles: number;
  products: number;
  landed: number;
  /** Multiplier-cycles: of a vector's empty places, behind a busy bank, for the slowest element, while halos move. */
  fragmentation: number;
  conflicts: number;
  imbalance: number;
  halo: number;
}

/** Something that is not zero, where it lies, and which others it meets. */
interface Item {
  readonly place: readonly [number, number];
  readonly phase: string;
  readonly filter: number;
  /** Kernel coordinates of a weight. */
  readonly tap: readonly [number, number];
}

/** Activations per element, weights for all, and the output of a product of the two. */
interface EventBarrier {
  readonly activations: readonly (readonly Item[])[];
  readonly weights: readonly Item[];
  output(activation: Item, weight: Item): readonly [number, number] | undefined;
}

/** Runs a work cycle by cycle. Slow on purpose; written from the definition of a convolution, not from planes and offsets. */
export function scnnEvents(work: GemmWork, spec: ScnnSpec): ScnnEvents {
  const events = { cycles: 0, products: 0, landed: 0, fragmentation: 0, conflicts: 0, imbalance: 0, halo: 0 };
  const multipliers = spec.activationVector * spec.weightVector;
  const phase = phaseOf(work);
  const dense = [...work.nest.inSize, ...work.nest.outSize, ...work.nest.kernelSize].every((size) => size === 1);
  if (phase === 'weightGradient' || dense) for (const barrier of outerBarriers(work, spec)) runBarrier(barrier, spec, events);
  else {
    for (const { barriers, haloCycles } of convolutionPasses(work, spec)) {
      for (const barrier of barriers) runBarrier(barrier, spec, events);
      events.cycles += haloCycles;
      events.halo += haloCycles * spec.peRows * spec.peCols * multipliers;
    }
  }
  return events;
}

function phaseOf({ nest, phase }: GemmWork): GemmWork['phase'] {
  if (!nest.transposed || phase === 'weightGradient') return phase;
  return phase === 'forward' ? 'inputGradient' : 'forward';
}

/** Elements go on, cycle by cycle, until all of them are done. */
function runBarrier({ activations, weights, output }: EventBarrier, spec: ScnnSpec, events: ScnnEvents): void {
  const { activationVector: I, weightVector: F } = spec;
  const phases = [...new Set([...activations.flat(), ...weights].map(({ phase }) => phase))];
  const queues = activations.map((items) =>
    phases.flatMap((phase) => {
      const ofPhase = (item: Item) => item.phase === phase;
      const right = vectors(weights.filter(ofPhase), F);
      return vectors(items.filter(ofPhase), I).flatMap((left) => right.map((vector) => ({ left, right: vector })));
    }),
  );
  const banks = queues.map(() => new Map<number, number>());
  while (queues.some((queue) => queue.length > 0) || banks.some((waiting) => waiting.size > 0)) {
    events.cycles++;
    queues.forEach((queue, element) => {
      const waiting = banks[element];
      if (waiting.size > 0) events.conflicts += I * F;
      else {
        const brick = queue.shift();
        if (!brick) {
          events.imbalance += I * F;
          return;
        }
        const products = brick.left.flatMap((a) => brick.right.map((w) => ({ filter: w.filter, at: output(a, w) })));
        events.products += products.length;
        events.fragmentation += I * F - products.length;
        for (const { filter, at } of products) {
          if (!at) continue;
          events.landed++;
          const bank = bankAsPublished(filter, at[0], at[1]) % spec.banks;
          waiting.set(bank, (waiting.get(bank) ?? 0) + 1);
        }
      }
      for (const [bank, left] of [...waiting]) {
        if (left > 1) waiting.set(bank, left - 1);
        else waiting.delete(bank);
      }
    });
  }
}

function vectors(items: readonly Item[], length: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length));
}

function bankAsPublished(k: number, x: number, y: number): number {
  return (((k & 4) << 2) ^ ((x & 2) << 3) ^ ((y & 2) << 3)) + ((x & 1) << 3) + ((y & 1) << 2) + (k & 3);
}

function* convolutionPasses(work: GemmWork, spec: ScnnSpec): Generator<{ barriers: EventBarrier[]; haloCycles: number }> {
  const { nest, input, kernel } = work;
  const forward = phaseOf(work) === 'forward';
  const grid = [1, spec.peRows, spec.peCols];
  const reach = nest.kernelSize.map((size, axis) => (size - 1) * nest.dilation[axis]);
  const [sources, results] = forward ? [nest.inSize, nest.outSize] : [nest.outSize, nest.inSize];
  const padded = sources.map((size, axis) =>
    forward
      ? Math.max(size + nest.padBefore[axis], (nest.outSize[axis] - 1) * nest.stride[axis] + reach[axis] + 1)
      : nest.inSize[axis] + reach[axis],
  );
  const tile = padded.map((size, axis) => Math.ceil(size / grid[axis]));
  const position = (coordinate: number, axis: number) =>
    forward ? coordinate + nest.padBefore[axis] : coordinate * nest.stride[axis] + reach[axis] - nest.padBefore[axis];
  /** The coordinate of the result that a source coordinate and a tap meet at. */
  const meet = (source: number, tap: number, axis: number): number | undefined => {
    const offset = tap * nest.dilation[axis] - nest.padBefore[axis];
    const result = forward ? (source - offset) / nest.stride[axis] : source * nest.stride[axis] + offset;
    return Number.isInteger(result) && result >= 0 && result < results[axis] ? result : undefined;
  };
  const remainder = (value: number, axis: number) => (forward ? value % nest.stride[axis] : 0);
  const taps = (axis: number) => {
    const ascending = Array.from({ length: nest.kernelSize[axis] }, (_, tap) => tap);
    return forward ? ascending : ascending.reverse();
  };
  const [inGroup, outGroup] = [nest.inChannels / nest.groups, nest.outChannels / nest.groups];
  const [channels, filters] = forward ? [inGroup, outGroup] : [outGroup, inGroup];
  const together = Math.floor(
    spec.accumulatorEntries / (Math.ceil(results[1] / spec.peRows) * Math.ceil(results[2] / spec.peCols)),
  );
  const outputs = (positions: number, axis: number) => Math.ceil(Math.max(0, positions) / (forward ? nest.stride[axis] : 1));
  const sides = [1, 2].map((axis) => {
    const pad = forward ? nest.padBefore[axis] : reach[axis] - nest.padBefore[axis];
    if (tile[axis] >= padded[axis]) return [0, outputs(tile[axis], axis), 0];
    return [outputs(reach[axis] - pad, axis), outputs(tile[axis], axis), outputs(pad, axis)];
  });
  const regions = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => (i === 1 && j === 1 ? 0 : sides[0][i] * sides[1][j])));

  for (let image = 0; image < nest.batch; image++)
    for (let depth = 0; depth < results[0]; depth++)
      for (let group = 0; group < nest.groups; group++)
        for (let first = 0; first < filters; first += together) {
          const end = Math.min(filters, first + together);
          const barriers: EventBarrier[] = [];
          for (let depthTap = 0; depthTap < nest.kernelSize[0]; depthTap++)
            for (let source = 0; source < sources[0]; source++) {
              if (meet(source, depthTap, 0) !== depth) continue;
              for (let channel = 0; channel < channels; channel++) barriers.push(barrierOf(source, depthTap, channel));
            }
          yield { barriers, haloCycles: Math.max(...regions) * (end - first) };

          function barrierOf(source: number, depthTap: number, channel: number): EventBarrier {
            const activations: Item[][] = Array.from({ length: spec.peRows * spec.peCols }, () => []);
            for (let y = 0; y < sources[1]; y++)
              for (let x = 0; x < sources[2]; x++) {
                const bit =
                  (((image * sources[0] + source) * sources[1] + y) * sources[2] + x) * (channels * nest.groups) +
                  group * channels +
                  channel;
                const [row, col] = [position(y, 1), position(x, 2)];
                if (!getBit(input.nonzeros, bit) || row < 0 || row >= padded[1] || col < 0 || col >= padded[2]) continue;
                const element = Math.floor(row / tile[1]) * spec.peCols + Math.floor(col / tile[2]);
                const phase = `${remainder(row, 1)},${remainder(col, 2)}`;
                activations[element].push({ place: [y, x], phase, filter: 0, tap: [0, 0] });
              }
            const weights: Item[] = [];
            for (const r of taps(1))
              for (const s of taps(2))
                for (let filter = first; filter < end; filter++) {
                  const tap = (depthTap * nest.kernelSize[1] + r) * nest.kernelSize[2] + s;
                  const [inChannel, outChannel] = forward ? [channel, filter] : [filter, channel];
                  const bit = (tap * inGroup + inChannel) * nest.outChannels + group * outGroup + outChannel;
                  if (!getBit(kernel.nonzeros, bit)) continue;
                  const phase = `${remainder(r * nest.dilation[1], 1)},${remainder(s * nest.dilation[2], 2)}`;
                  weights.push({ place: [0, 0], phase, filter: group * filters + filter, tap: [r, s] });
                }
            return {
              activations,
              weights,
              output(activation, weight) {
                const row = meet(activation.place[0], weight.tap[0], 1);
                const col = meet(activation.place[1], weight.tap[1], 2);
                return row === undefined || col === undefined ? undefined : [row, col];
              },
            };
          }
        }
}

/** Every product of the GEMM by its reduction index, from the seven loops; rows and filters as they lie on the plane. */
function* outerBarriers(work: GemmWork, spec: ScnnSpec): Generator<EventBarrier> {
  const { nest, input, kernel } = work;
  const phase = phaseOf(work);
  const [x, y] = phase === 'weightGradient' && nest.transposed ? [kernel, input] : [input, kernel];
  const [inGroup, outGroup] = [nest.inChannels / nest.groups, nest.outChannels / nest.groups];
  const taps = nest.kernelSize.reduce((product, size) => product * size, 1);
  const gradient = phase === 'weightGradient';
  const pixels = nest.batch * nest.outSize.reduce((product, size) => product * size, 1);
  const [rows, filters, reductions] = gradient
    ? [taps * inGroup, outGroup, pixels]
    : phase === 'forward'
      ? [nest.batch, outGroup, inGroup]
      : [nest.batch, inGroup, outGroup];
  const side = Math.ceil(Math.sqrt(rows));
  const tile = [Math.ceil(Math.ceil(rows / side) / spec.peRows), Math.ceil(side / spec.peCols)];
  const together = Math.floor(
    spec.accumulatorEntries / (Math.ceil(Math.ceil(rows / side) / spec.peRows) * Math.ceil(side / spec.peCols)),
  );
  for (let group = 0; group < nest.groups; group++) {
    const rowBit = (row: number, reduction: number): boolean => {
      if (phase === 'forward') return getBit(x.nonzeros, row * nest.inChannels + group * inGroup + reduction);
      if (phase === 'inputGradient') return getBit(x.nonzeros, row * nest.outChannels + group * outGroup + reduction);
      return tapBit(nest, x.nonzeros, Math.floor(row / inGroup), group * inGroup + (row % inGroup), reduction);
    };
    const filterBit = (filter: number, reduction: number): boolean => {
      if (phase === 'forward') return getBit(y.nonzeros, reduction * nest.outChannels + group * outGroup + filter);
      if (phase === 'inputGradient') return getBit(y.nonzeros, filter * nest.outChannels + group * outGroup + reduction);
      return getBit(y.nonzeros, reduction * nest.outChannels + group * outGroup + filter);
    };
    for (let first = 0; first < filters; first += together)
      for (let reduction = 0; reduction < reductions; reduction++) {
        const activations: Item[][] = Array.from({ length: spec.peRows * spec.peCols }, () => []);
        for (let row = 0; row < rows; row++) {
          if (!rowBit(row, reduction)) continue;
          const place = [Math.floor(row / side), row % side] as const;
          const element = Math.floor(place[0] / tile[0]) * spec.peCols + Math.floor(place[1] / tile[1]);
          activations[element].push({ place, phase: '', filter: 0, tap: [0, 0] });
        }
        const weights: Item[] = [];
        for (let filter = first; filter < Math.min(filters, first + together); filter++) {
          if (filterBit(filter, reduction))
            weights.push({ place: [0, 0], phase: '', filter: group * filters + filter, tap: [0, 0] });
        }
        yield { activations, weights, output: (activation) => activation.place };
      }
  }
}

/** Whether the input element under a tap of an output pixel is not zero; padding is. */
function tapBit(nest: LoopNest, bits: Parameters<typeof getBit>[0], tap: number, channel: number, pixel: number): boolean {
  const [depth, height, width] = nest.outSize;
  const out = [Math.floor(pixel / (height * width)) % depth, Math.floor(pixel / width) % height, pixel % width];
  const at = [
    Math.floor(tap / (nest.kernelSize[1] * nest.kernelSize[2])),
    Math.floor(tap / nest.kernelSize[2]) % nest.kernelSize[1],
    tap % nest.kernelSize[2],
  ];
  const source = out.map((o, axis) => o * nest.stride[axis] - nest.padBefore[axis] + at[axis] * nest.dilation[axis]);
  if (source.some((coordinate, axis) => coordinate < 0 || coordinate >= nest.inSize[axis])) return false;
  const image = Math.floor(pixel / (depth * height * width));
  const [z, y, x] = source;
  return getBit(bits, (((image * nest.inSize[0] + z) * nest.inSize[1] + y) * nest.inSize[2] + x) * nest.inChannels + channel);
}
