import { sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { nestPhase } from '../nest-axes.js';
import { gradientLoads, pixelCounts } from './cartesian-gradient.js';
import { addLoad, type CartesianLoad, meet, noLoad } from './cartesian-load.js';
import { forEachNonzero } from './for-each-nonzero.js';
import { haloOutputs } from './halo-outputs.js';
import { isDenseLayer } from './line-work.js';
import { lineMaps } from './partners.js';
import type { Scnn001Spec } from './scnn001.js';
import { pixelRemainders, weightsByRemainder } from './stride-remainders.js';
import { dealCopies, partOf, tileGrid } from './tile-grid.js';

/** The loads of all PEs. */
export function cartesianLoads(work: GemmWork, spec: Scnn001Spec): CartesianLoad[] {
  const loads = Array.from({ length: spec.pes }, () => ({ ...noLoad }));
  const gradient = nestPhase(work.nest, work.phase) === 'weightGradient';
  if (isDenseLayer(work.nest)) denseLoads(work, gradient, spec, loads);
  else if (gradient) gradientLoads(work, spec, loads);
  else channelLoads(work, spec, loads);
  return loads;
}

/** Forward and input gradient: channel by channel, the non-zeros of a tile meet the weights whose products can land on an output. */
function channelLoads(work: GemmWork, spec: Scnn001Spec, loads: CartesianLoad[]): void {
  const { nest, input } = work;
  const forward = nestPhase(nest, work.phase) === 'forward';
  const maps = lineMaps(nest, work.phase);
  const [depth, height, width] = maps.source;
  const channels = forward ? nest.inChannels : nest.outChannels;
  const kernels = forward ? nest.outChannels : nest.inChannels;
  const grid = tileGrid(depth * height, width, spec.torusRows, spec.torusCols);
  const tileOfRow = partOf(grid.rowBounds);
  const tileOfCol = partOf(grid.colBounds);
  const tiles = grid.tileRows * grid.tileCols;
  const weights = weightsByRemainder(work, forward);
  const remainders = weights.length / channels;
  const remainderOf = forward ? pixelRemainders(nest) : new Uint32Array(sizeOf(maps.source));
  const halo = haloOutputs(nest, work.phase, grid).map((outputs) => outputs * kernels);
  const activations = new Uint32Array(nest.batch * tiles * weights.length);
  const pixels = sizeOf(maps.source);
  forEachNonzero(input.nonzeros.words, nest.batch * pixels, channels, (at, channel) => {
    const image = Math.floor(at / pixels);
    const pixel = at - image * pixels;
    const row = Math.floor(pixel / width);
    const tile = tileOfRow[row] * grid.tileCols + tileOfCol[pixel - row * width];
    activations[((image * tiles + tile) * remainders + remainderOf[pixel]) * channels + channel]++;
  });
  for (let image = 0; image < nest.batch; image++) {
    for (let tile = 0; tile < tiles; tile++) {
      const own = { ...noLoad, haloWords: halo[tile], haloCycles: Math.ceil(halo[tile] / spec.banks) };
      const from = (image * tiles + tile) * weights.length;
      for (let i = 0; i < weights.length; i++) meet(own, activations[from + i], weights[i], spec);
      dealCopies(image, work.imageScale, grid.groups).forEach((copies, group) => {
        addLoad(loads[grid.peOf(group, Math.floor(tile / grid.tileCols), tile % grid.tileCols)], own, copies);
      });
    }
  }
}

/** Dense layers: the images of the batch are dealt to the PEs. An input meets its weights with all the images of the PE together. */
function denseLoads(work: GemmWork, gradient: boolean, spec: Scnn001Spec, loads: CartesianLoad[]): void {
  const { nest } = work;
  const dealt = Array.from({ length: nest.batch }, (_, image) => dealCopies(image, work.imageScale, spec.pes));
  if (gradient) {
    const [x, y] = gemmSides(work);
    const xCounts = pixelCounts(x.nonzeros.words, nest.batch, nest.inChannels);
    const yCounts = pixelCounts(y.nonzeros.words, nest.batch, nest.outChannels);
    dealt.forEach((copies, image) => {
      const own = { ...noLoad };
      meet(own, xCounts[image], yCounts[image], spec);
      for (let pe = 0; pe < spec.pes; pe++) addLoad(loads[pe], own, copies[pe]);
    });
    return;
  }
  const forward = nestPhase(nest, work.phase) === 'forward';
  const channels = forward ? nest.inChannels : nest.outChannels;
  const weights = weightsByRemainder(work, forward);
  const activations = new Uint32Array(spec.pes * channels);
  forEachNonzero(work.input.nonzeros.words, nest.batch, channels, (image, channel) => {
    for (let pe = 0; pe < spec.pes; pe++) activations[pe * channels + channel] += dealt[image][pe];
  });
  loads.forEach((load, pe) => {
    for (let channel = 0; channel < channels; channel++) meet(load, activations[pe * channels + channel], weights[channel], spec);
  });
}
