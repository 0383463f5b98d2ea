/**
 * What the pattern of a mask does to the Adaptive Compute Fabric at equal sparsity: one training step of a layer (three GEMMs and the
 * update), unstructured against hardware-aware (balanced rows) against 2:8, printed as a table.
 *
 *     npm run bench:masks [-- --seed 7]
 *
 * Weights are normal, with a log-normal scale per input and per output channel, as trained kernels have them; A and E are half zeros.
 */
import { createRng } from 'tfjs-sparsity';
import { acf, bernoulliBits, bitsFrom, convNest, costOf, denseNest, type LoopNest, trainingWorks } from 'tfjs-sparsity/hw';
import { blockBudgets, type KernelInfo, nm, type Pattern, unstructured } from 'tfjs-sparsity/pruning';
import { readFlags } from './read-flags.js';

const { seed } = await readFlags({ seed: { type: 'number', default: 7 } });
const sparsity = 0.75;
const patterns: Readonly<Record<string, Pattern>> = {
  unstructured: unstructured(),
  'hardware-aware': blockBudgets({ block: { kind: 'row' } }),
  '2:8': nm({ n: 2, m: 8 }),
};
const layers: Readonly<Record<string, LoopNest>> = {
  'conv 3x3, 32-64, 16x16': convNest({
    ...{ batch: 4, inSize: [16, 16], inChannels: 32, outChannels: 64, kernelSize: [3, 3], padding: 'same' },
  }),
  'conv 3x3, 128-128, 8x8': convNest({
    ...{ batch: 4, inSize: [8, 8], inChannels: 128, outChannels: 128, kernelSize: [3, 3], padding: 'same' },
  }),
  'dense 512-128': denseNest({ batch: 32, inFeatures: 512, outFeatures: 128 }),
};
const dataflows = ['WS', 'OS', 'IS', 'dynamic'] as const;
const causes = ['imbalance', 'multicast', 'banks', 'fill', 'memory'] as const;

/** The works of one masked step of a layer. */
function worksOf(name: string, nest: LoopNest, pattern: Pattern) {
  const rng = createRng(`${seed}/${name}`);
  const spread = (count: number) => Float64Array.from({ length: count }, () => Math.exp(0.5 * rng.normal()));
  const [inputScale, outputScale] = [spread(nest.inChannels), spread(nest.outChannels)];
  const isDense = nest.kernelSize.every((size) => size === 1);
  const kernelShape = isDense ? [] : nest.kernelSize.slice(1);
  const shape = [...kernelShape, nest.inChannels, nest.outChannels];
  const info: KernelInfo = {
    ...{ name, kind: isDense ? 'dense' : 'conv2d', shape, inputAxis: shape.length - 2, outputAxis: shape.length - 1 },
  };
  const scores = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
    const input = Math.floor(i / nest.outChannels) % nest.inChannels;
    return Math.abs(rng.normal() * inputScale[input] * outputScale[i % nest.outChannels]);
  });
  const W = bitsFrom(pattern(scores, info, sparsity), shape);
  const A = bernoulliBits([nest.batch, ...nest.inSize, nest.inChannels], 0.5, rng);
  const E = bernoulliBits([nest.batch, ...nest.outSize, nest.outChannels], 0.5, rng);
  const record = { layer: name, use: 0, nest, W, backwardW: W, A, E, G: W, needsInputGradient: true, batchTotal: nest.batch };
  return trainingWorks([record], { slots: 2, masked: [name] });
}

console.log(`ACF 32x32, sparsity ${sparsity}, seed ${seed}; cycles of one training step of the layer (modelled)`);
console.log(`command: npm run bench:masks -- --seed ${seed}\n`);
console.log(
  `| layer | mask | ${dataflows.map((dataflow) => `cycles ${dataflow}`).join(' | ')} | energy, uJ | utilisation | idle: ${causes.join(' | ')} |`,
);
console.log(`|---|---|${'---:|'.repeat(dataflows.length + 2 + causes.length)}`);
for (const [name, nest] of Object.entries(layers)) {
  for (const [mask, pattern] of Object.entries(patterns)) {
    const works = worksOf(name, nest, pattern);
    const costs = dataflows.map((dataflow) => {
      const accelerator = acf({ dataflow });
      return costOf(accelerator.start().executeStep(works), accelerator.energyTable);
    });
    const { cycles, units, usefulUnitCycles, idleUnitCycles, energyPj } = costs[dataflows.indexOf('dynamic')];
    const share = (unitCycles: number) => `${((100 * unitCycles) / (units * cycles)).toFixed(1)} %`;
    const idle = causes.map((cause) => share(idleUnitCycles[cause] ?? 0));
    const all = [
      ...costs.map((cost) => cost.cycles.toLocaleString('en')),
      (energyPj / 1e6).toFixed(1),
      share(usefulUnitCycles),
      ...idle,
    ];
    console.log(`| ${name} | ${mask} | ${all.join(' | ')} |`);
  }
}
