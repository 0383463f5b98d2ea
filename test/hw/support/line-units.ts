import { type GemmWork, getBit } from 'tfjs-sparsity/hw';

/** A row pair of a unit: its products, and which of its rows are not empty. */
export interface SlowPair {
  products: number;
  filled: [boolean, boolean, boolean];
}

/** A unit: a row of a map, of one image, under one kernel. */
export interface SlowUnit {
  kernel: number;
  row: number;
  image: number;
  pairs: Map<string, SlowPair>;
  /** Non-zeros and elements of the split map in the rows that meet this one. */
  covered: number;
  coveredDense: number;
}

const swapped = { forward: 'inputGradient', inputGradient: 'forward', weightGradient: 'weightGradient' } as const;

/** The units of a work the slow way, kernel by kernel, row by row, image by image. */
export function slowUnits(work: GemmWork): SlowUnit[] {
  const { nest } = work;
  const phase = nest.transposed ? swapped[work.phase] : work.phase;
  const [first, second] = phase === 'weightGradient' && nest.transposed ? [work.kernel, work.input] : [work.input, work.kernel];
  const x = phase === 'inputGradient' ? undefined : first.nonzeros;
  const y = { forward: undefined, inputGradient: first.nonzeros, weightGradient: second.nonzeros }[phase];
  const w = phase === 'weightGradient' ? work.output?.nonzeros : second.nonzeros;
  const [inD, inH, inW] = nest.inSize;
  const [outD, outH, outW] = nest.outSize;
  const [kD, kH, kW] = nest.kernelSize;
  const padded = nest.padBefore.some((pad) => pad > 0);
  const dense = inD * inH * inW * outD * outH * outW * kD * kH * kW * nest.groups === 1 && !padded;
  const inGroup = nest.inChannels / nest.groups;
  const outGroup = nest.outChannels / nest.groups;
  const kernels = phase === 'inputGradient' ? nest.inChannels : nest.outChannels;
  const rows = phase === 'forward' ? outD * outH : inD * inH;
  const units = Array.from({ length: kernels * rows * nest.batch }, (_, i): SlowUnit => {
    const line = i % (rows * nest.batch);
    const [kernel, row, image] = [(i - line) / (rows * nest.batch), Math.floor(line / nest.batch), line % nest.batch];
    return { kernel, row, image, pairs: new Map(), covered: 0, coveredDense: 0 };
  });
  for (let image = 0; image < nest.batch; image++)
    for (let oz = 0; oz < outD; oz++)
      for (let oy = 0; oy < outH; oy++)
        for (let td = 0; td < kD; td++)
          for (let th = 0; th < kH; th++) {
            const iz = oz * nest.stride[0] - nest.padBefore[0] + td * nest.dilation[0];
            const iy = oy * nest.stride[1] - nest.padBefore[1] + th * nest.dilation[1];
            if (iz < 0 || iz >= inD || iy < 0 || iy >= inH) continue;
            const xBit = (ix: number, ci: number) =>
              !x || getBit(x, (((image * inD + iz) * inH + iy) * inW + ix) * nest.inChannels + ci);
            const yBit = (ox: number, co: number) =>
              !y || getBit(y, (((image * outD + oz) * outH + oy) * outW + ox) * nest.outChannels + co);
            const wBit = (tw: number, ci: number, co: number) =>
              !w || getBit(w, (((td * kH + th) * kW + tw) * inGroup + ci) * nest.outChannels + co);
            const unitOf = (kernel: number) =>
              units[(kernel * rows + (phase === 'forward' ? oz * outH + oy : iz * inH + iy)) * nest.batch + image];
            for (let kernel = 0; kernel < kernels; kernel++) {
              const unit = unitOf(kernel);
              const [columns, channels, has] =
                phase === 'inputGradient' ? ([outW, nest.outChannels, yBit] as const) : ([inW, nest.inChannels, xBit] as const);
              for (let column = 0; column < columns; column++)
                for (let channel = 0; channel < channels; channel++) {
                  unit.coveredDense++;
                  if (has(column, channel)) unit.covered++;
                }
            }
            for (let co = 0; co < nest.outChannels; co++)
              for (let ci = 0; ci < inGroup; ci++) {
                const input = Math.floor(co / outGroup) * inGroup + ci;
                const channel = phase === 'inputGradient' ? co : input;
                const { pairs } = unitOf(phase === 'inputGradient' ? input : co);
                const name = `${td} ${th} ${dense ? Math.floor(channel / 256) : channel}`;
                const pair = pairs.get(name) ?? { products: 0, filled: [false, false, false] };
                pairs.set(name, pair);
                for (let ix = 0; ix < inW; ix++) pair.filled[0] ||= xBit(ix, input);
                for (let ox = 0; ox < outW; ox++) pair.filled[1] ||= yBit(ox, co);
                for (let tw = 0; tw < kW; tw++) pair.filled[2] ||= wBit(tw, ci, co);
                for (let ox = 0; ox < outW; ox++)
                  for (let tw = 0; tw < kW; tw++) {
                    const ix = ox * nest.stride[2] - nest.padBefore[2] + tw * nest.dilation[2];
                    if (ix >= 0 && ix < inW && xBit(ix, input) && yBit(ox, co) && wBit(tw, ci, co)) pair.products++;
                  }
              }
          }
  return units;
}

/** Row pairs of a unit that are empty on no side. */
export function metPairs({ pairs }: SlowUnit): SlowPair[] {
  return [...pairs.values()].filter(({ filled }) => filled.every(Boolean));
}

/** The units in the order in which partitions hold them: copies of the sampled images next to each other, up to the whole batch. */
export function splitPositions(work: GemmWork): number[] {
  const total = Math.round(work.nest.batch * work.imageScale);
  const images: number[] = [];
  for (let i = 0; i < total; i++) images.push(i % work.nest.batch); // a batch that does not divide is filled image by image
  return total % work.nest.batch === 0 ? images.sort((a, b) => a - b) : images;
}
