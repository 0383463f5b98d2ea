import { batch } from './draw-job.js';
import { reluSparsity } from './simulate-draw.js';
import type { Simulations } from './simulations.js';
import { sramPrices, ways, weightSparsity } from './ways.js';

/** How the figures were found, a line each, to stand above them. */
export function conditionsOf(
  { draws }: Simulations,
  { seed, full }: { readonly seed: number; readonly full: boolean },
): string[] {
  if (draws.length === 0) return ['No networks were simulated: arithmetic only.'];
  const count = Math.max(...draws.map(({ draw }) => draw)) + 1;
  return [
    'All cycles, traffic and energies are modelled; sparsity is synthetic, declared, and not tuned to any figure.',
    `Seed ${seed}; batch ${batch}; ${full ? 'all its images drawn' : `${count === 1 ? 'one image' : `${count} images`} per network, each with maps of its own, which the batch repeats`}.`,
    `Zeros of W and G: ${weightSparsity.average} (mean over 1000 epochs of the cubic ramp to 0.95 that ends half way), or ${weightSparsity.final} at the end.`,
    `Zeros of A and E where a ReLU is: ${reluSparsity}; dropouts as the networks have them; maps: ${ways.claims.maps} unless a line says otherwise.`,
    ...(count === 1 ? [] : ['Literal readings, 54 and 81 PEs: in the first draw only; all else is the mean of the draws.']),
    'Accelerators at 1024 multipliers, 448 MB of SRAM, 1024 GB/s; 45 nm energies.',
    `An access to the SRAM of a PE costs ${prices(sramPrices.table)} pJ (the table's 8 KB, and 128 KB), whatever their size; by the fit of the table 3 MB and 256 MB would cost ${prices(sramPrices.size)}.`,
    'The on-chip network costs energy and no time, but where a line gives its links words per cycle.',
  ];
}

function prices([pe, buffer]: readonly number[]): string {
  return `${pe.toFixed(0)}, to the global buffer ${buffer.toFixed(0)}`;
}
