import { type GemmWork, getBit } from 'tfjs-sparsity/hw';
import type { Scnn001Spec } from '../../../src/hw/balanced/scnn001.js';
import type { Sigma001Spec } from '../../../src/hw/balanced/sigma001.js';
import { naiveGemms } from './acf-events.js';

/** What the event-level references of the baselines see. */
export interface BaselineEvents {
  cycles: number;
  executed: number;
  effectual: number;
  idle: Record<string, number>;
}

const swapped = { forward: 'inputGradient', inputGradient: 'forward', weightGradient: 'weightGradient' } as const;

/** Cuts a list into chunks. */
function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

/** The part of an even split that a coordinate lies in. */
function partOf(at: number, size: number, parts: number): number {
  let part = 0;
  while (at >= Math.floor(((part + 1) * size) / parts)) part++;
  return part;
}

interface Pixel {
  z: number;
  y: number;
  x: number;
}

/** SCNN as 001 models it: every vector of weights and every vector of activations meet in a cycle of their own. */
export function scnn001Events(work: GemmWork, spec: Scnn001Spec): BaselineEvents {
  const { nest } = work;
  const phase = nest.transposed ? swapped[work.phase] : work.phase;
  const pes = Array.from({ length: spec.pes }, () => ({ productCycles: 0, haloCycles: 0 }));
  const events: BaselineEvents = { cycles: 0, executed: 0, effectual: 0, idle: {} };
  const perCycle = spec.multipliers / spec.weightsPerCycle;
  const interval = spec.multiplyInitiationInterval;
  /** All of `a` meets all of `w`, a vector of each in a cycle; `lands` says whether a product is wanted. */
  const meet = <A, W>(pe: number, a: A[], w: W[], lands: (a: A, w: W) => boolean) => {
    for (const activations of chunks(a, perCycle)) {
      for (const weights of chunks(w, spec.weightsPerCycle)) {
        for (let cycle = 0; cycle < interval; cycle++) pes[pe].productCycles++;
        for (const activation of activations) {
          for (const weight of weights) {
            events.executed++;
            if (lands(activation, weight)) events.effectual++;
          }
        }
      }
    }
  };
  const [inGroup, outGroup] = [nest.inChannels / nest.groups, nest.outChannels / nest.groups];
  const pixelsOf = ([depth, height, width]: readonly number[]) => {
    const pixels: Pixel[] = [];
    for (let z = 0; z < depth; z++) for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels.push({ z, y, x });
    return pixels;
  };
  const bitAt = (operand: GemmWork['input'], size: readonly number[], channels: number) => (image: number, p: Pixel, c: number) =>
    getBit(operand.nonzeros, (((image * size[0] + p.z) * size[1] + p.y) * size[2] + p.x) * channels + c);
  const axes = ['z', 'y', 'x'] as const;
  /** Whether output pixel and tap meet an input pixel, and the input pixel is the one given. */
  const meets = (inPixel: Pixel, outPixel: Pixel, tap: Pixel) =>
    axes.every((axis, i) => inPixel[axis] === outPixel[axis] * nest.stride[i] - nest.padBefore[i] + tap[axis] * nest.dilation[i]);
  const taps = pixelsOf(nest.kernelSize);
  const [inPixels, outPixels] = [pixelsOf(nest.inSize), pixelsOf(nest.outSize)];
  const batch = Math.round(nest.batch * work.imageScale);
  const copies = batch / nest.batch;
  const images = Array.from({ length: batch }, (_, n) => (Number.isInteger(copies) ? Math.floor(n / copies) : n % nest.batch));
  const isDense = [nest.inSize, nest.outSize, nest.kernelSize].flat().every((size) => size === 1);
  const dense = isDense && nest.groups === 1 && nest.padBefore.every((pad) => pad === 0);

  const [split, splitPixels] = phase === 'inputGradient' ? [nest.outSize, outPixels] : [nest.inSize, inPixels];
  const [tileRows, tileCols] = [Math.min(split[0] * split[1], spec.torusRows), Math.min(split[2], spec.torusCols)];
  const groupCols = Math.floor(spec.torusCols / tileCols);
  const groups = Math.floor(spec.torusRows / tileRows) * groupCols;
  const tileOf = (p: Pixel, size: readonly number[]) => [
    partOf(p.z * size[1] + p.y, size[0] * size[1], tileRows),
    partOf(p.x, size[2], tileCols),
  ];
  const peOf = (group: number, [row, col]: number[]) =>
    (Math.floor(group / groupCols) * tileRows + row) * spec.torusCols + (group % groupCols) * tileCols + col;
  const range = (length: number) => Array.from({ length }, (_, i) => i);

  if (phase === 'weightGradient') {
    const [x, y] = nest.transposed ? [work.kernel, work.input] : [work.input, work.kernel];
    const [xAt, yAt] = [bitAt(x, nest.inSize, nest.inChannels), bitAt(y, nest.outSize, nest.outChannels)];
    images.forEach((image, n) => {
      for (const inPixel of inPixels) {
        const pe = dense ? n % spec.pes : peOf(n % groups, tileOf(inPixel, nest.inSize));
        for (const tap of taps) {
          for (const outPixel of outPixels) {
            if (!meets(inPixel, outPixel, tap)) continue;
            for (const group of range(nest.groups)) {
              const a = range(inGroup).filter((c) => xAt(image, inPixel, group * inGroup + c));
              const e = range(outGroup).filter((c) => yAt(image, outPixel, group * outGroup + c));
              const [, kh, kw] = nest.kernelSize;
              meet(pe, a, e, (ci, co) => {
                const at = (((tap.z * kh + tap.y) * kw + tap.x) * inGroup + ci) * nest.outChannels + group * outGroup + co;
                return !work.output || getBit(work.output.nonzeros, at);
              });
            }
          }
        }
      }
    });
  } else {
    const forward = phase === 'forward';
    const channels = forward ? nest.inChannels : nest.outChannels;
    const at = bitAt(work.input, split, channels);
    const [targetPixels, targetSize] = forward ? [outPixels, nest.outSize] : [inPixels, nest.inSize];
    const weightsOf = (channel: number) => {
      const list: { tap: Pixel }[] = [];
      for (const tap of taps) {
        const group = Math.floor(channel / (forward ? inGroup : outGroup));
        for (const other of range(forward ? outGroup : inGroup)) {
          const [ci, co] = forward ? [channel % inGroup, group * outGroup + other] : [other, channel];
          const [, kh, kw] = nest.kernelSize;
          const index = (((tap.z * kh + tap.y) * kw + tap.x) * inGroup + ci) * nest.outChannels + co;
          if (getBit(work.kernel.nonzeros, index)) list.push({ tap });
        }
      }
      return list;
    };
    const lands = ({ pixel }: { pixel: Pixel }, { tap }: { tap: Pixel }) =>
      targetPixels.some((target) => (forward ? meets(pixel, target, tap) : meets(target, pixel, tap)));
    const remainder = (values: number[]) => values.map((value, i) => value % nest.stride[i]).join();
    for (const channel of range(channels)) {
      const weights = weightsOf(channel);
      if (dense) {
        for (const pe of range(spec.pes)) {
          const a = images.filter((image, n) => n % spec.pes === pe && at(image, splitPixels[0], channel));
          meet(pe, a, weights, () => true);
        }
        continue;
      }
      images.forEach((image, n) => {
        for (const tile of range(tileRows * tileCols)) {
          const place = [Math.floor(tile / tileCols), tile % tileCols];
          const inTile = splitPixels.filter((p) => tileOf(p, split).join() === place.join() && at(image, p, channel));
          const classes = new Set(weights.map(({ tap }) => remainder([tap.z, tap.y, tap.x].map((t, i) => t * nest.dilation[i]))));
          for (const wanted of forward ? classes : ['']) {
            const a = inTile.filter(
              (p) => !forward || remainder([p.z, p.y, p.x].map((c, i) => c + nest.padBefore[i])) === wanted,
            );
            const w = weights.filter(
              ({ tap }) => !forward || remainder([tap.z, tap.y, tap.x].map((t, i) => t * nest.dilation[i])) === wanted,
            );
            meet(
              peOf(n % groups, place),
              a.map((pixel) => ({ pixel })),
              w,
              lands,
            );
          }
        }
      });
    }
    if (!dense) {
      const kernels = forward ? nest.outChannels : nest.inChannels;
      const rowMeets = (source: Pixel, target: Pixel) =>
        taps.some((tap) =>
          (['z', 'y'] as const).every((axis, i) => {
            const [inAt, outAt] = forward ? [source[axis], target[axis]] : [target[axis], source[axis]];
            return inAt === outAt * nest.stride[i] - nest.padBefore[i] + tap[axis] * nest.dilation[i];
          }),
        );
      const columnMeets = (source: Pixel, target: Pixel) =>
        taps.some((tap) => {
          const [inAt, outAt] = forward ? [source.x, target.x] : [target.x, source.x];
          return inAt === outAt * nest.stride[2] - nest.padBefore[2] + tap.x * nest.dilation[2];
        });
      for (const tile of range(tileRows * tileCols)) {
        const place = [Math.floor(tile / tileCols), tile % tileCols];
        const inTile = splitPixels.filter((p) => tileOf(p, split).join() === place.join());
        const outside = targetPixels.filter(
          (target) =>
            inTile.some((p) => rowMeets(p, target)) &&
            inTile.some((p) => columnMeets(p, target)) &&
            tileOf(target, targetSize).join() !== place.join(),
        );
        images.forEach((_, n) => {
          pes[peOf(n % groups, place)].haloCycles += Math.ceil((outside.length * kernels) / spec.banks);
        });
      }
    }
  }
  events.cycles = Math.max(...pes.map((pe) => pe.productCycles + pe.haloCycles));
  const all = (of: (pe: (typeof pes)[number]) => number) => pes.reduce((sum, pe) => sum + of(pe), 0);
  events.idle = {
    fragmentation: all((pe) => pe.productCycles) * spec.multipliers - events.executed * interval,
    ineffectual: (events.executed - events.effectual) * interval,
    initiation: events.effectual * (interval - 1),
    halo: all((pe) => pe.haloCycles) * spec.multipliers,
    imbalance: all((pe) => events.cycles - pe.productCycles - pe.haloCycles) * spec.multipliers,
  };
  return events;
}

/** SIGMA as 001 models it: fold by fold and vector by vector, every multiplier is looked at. */
export function sigma001Events(
  work: GemmWork,
  spec: Sigma001Spec,
  stationary: 'kernel' | 'input',
): BaselineEvents & { words: number } {
  const units = spec.pes * spec.multipliers;
  const dpes = Math.floor(units / spec.flexDpeSize);
  const events = {
    cycles: 0,
    executed: 0,
    effectual: 0,
    words: 0,
    idle: { ineffectual: 0, underfilled: 0, initiation: 0, fill: 0 },
  };
  const gemms = naiveGemms(work);
  let latency = 1 + 1;
  for (let width = 1; width < Math.max(2, units); width *= 2) latency++;
  for (const turn of chunks(gemms, work.nest.groups)) {
    const flexDpes = turn.flatMap((gemm) => {
      const [held, vectors] = stationary === 'kernel' ? [gemm.kernel, gemm.input] : [gemm.input, gemm.kernel];
      const values = held.flatMap((row, lane) => row.flatMap((bit, k) => (bit ? [{ lane, k }] : [])));
      return chunks(values, spec.flexDpeSize).map((dpe) => ({ gemm, vectors, dpe }));
    });
    for (const foldOfDpes of chunks(flexDpes, dpes)) {
      for (const { dpe } of foldOfDpes) events.words += dpe.length;
      for (let vector = 0; vector < foldOfDpes[0].vectors.length; vector++) {
        let [used, effectual] = [0, 0];
        const sent = new Set<string>();
        for (const { gemm, vectors, dpe } of foldOfDpes) {
          for (const { lane, k } of dpe) {
            const [i, j] = stationary === 'kernel' ? [vector, lane] : [lane, vector];
            used++;
            if (vectors[vector][k]) sent.add(`${gemms.indexOf(gemm)} ${k}`);
            if (vectors[vector][k] && gemm.wanted[i][j]) effectual++;
          }
        }
        events.words += sent.size;
        events.executed += used;
        events.effectual += effectual;
        for (let cycle = 0; cycle < spec.multiplyInitiationInterval; cycle++) {
          if (cycle > 0) events.idle.initiation += effectual;
          events.idle.ineffectual += used - effectual;
          events.idle.underfilled += units - used;
          events.cycles++;
        }
      }
      events.cycles += latency;
      events.idle.fill += latency * units;
    }
  }
  return events;
}
