import { createRng, SparsityError } from 'tfjs-sparsity';
import {
  type BitTensor,
  createAccelerator,
  type LayerTensors,
  network,
  nmMask,
  type Phase,
  type PhaseWork,
  presets,
  syntheticRecords,
  trainingWorks,
} from 'tfjs-sparsity/hw';
import { batch } from './draw-job.js';
import { reluSparsity } from './simulate-draw.js';

/** Networks of 002 at the sizes of its data sets: CIFAR, Tiny ImageNet, ImageNet. */
const networks002 = {
  vgg19: { inputSize: 32, classes: 10 },
  resnet18: { inputSize: 64, classes: 200 },
  resnet50: { inputSize: 224, classes: 1000 },
} as const;
type Network002 = keyof typeof networks002;

/** Which operands of the pruned layers are 2:8. */
const methods = {
  dense: { forward: false, backward: false, errors: false },
  'SR-STE': { forward: true, backward: false, errors: false },
  SDGP: { forward: false, backward: false, errors: true },
  BDWP: { forward: true, backward: true, errors: false },
} as const;
export type SatMethod = keyof typeof methods;

const pattern = { n: 2, m: 8 };
/** Memory that never waits: what is left are the cycles of the array and its engines. */
const freeMemory = { dramBytesPerCycle: 1e6 };
/** SAT, and SAT less one thing; `free` with a memory that never waits. */
const variants = {
  sat: {},
  free: freeMemory,
  'free, without interleaving': { ...freeMemory, interleave: 1 },
  'free, without pre-generation': { ...freeMemory, preGeneration: false },
  'free, output stationary only': { ...freeMemory, dataflow: 'OS' },
  'free, weight stationary only': { ...freeMemory, dataflow: 'WS' },
} as const;
export type SatVariant = keyof typeof variants;

/** Cycles of one training step, by phase. */
type StepCycles = Readonly<Record<Phase, number>>;

/** A training step of a network on SAT under each method, in each variant. */
export interface SatStep {
  readonly network: string;
  readonly cycles: Readonly<Record<SatMethod, Readonly<Record<SatVariant, StepCycles>>>>;
}

/** Runs one training step of each network with declared synthetic masks; layer by layer, so that memory stays small. */
export function simulateSat({ networks, seed }: { readonly networks: readonly string[]; readonly seed: number }): SatStep[] {
  const known = Object.keys(networks002);
  const names = networks.includes('all') ? known : networks;
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const expected = `all, none, or some of ${known.join(', ')}`;
    throw new SparsityError({ what: '--networks', got: stranger, expected, fix: 'join names by commas' });
  }
  return names.map((name) => simulateNetwork(name as Network002, seed));
}

/** How the steps were made, a line each. */
export function satConditions(steps: readonly SatStep[], seed: number): string[] {
  if (steps.length === 0) return ['No networks were simulated: arithmetic only.'];
  const sizes = steps.map(({ network: name }) => `${name} at ${networks002[name as Network002].inputSize} pixels`);
  return [
    'All cycles are modelled; masks are synthetic, declared, and not tuned to any figure.',
    `Seed ${seed}; batch ${batch}, one image drawn, which the batch repeats; ${sizes.join(', ')}.`,
    `2:8 with places drawn alike in all layers but the first and the last; zeros of A and E where a ReLU is: ${reluSparsity}.`,
    'Preset sat: 32 x 32 USPEs, 64 bytes per cycle, 384 KB; momentum SGD; a dense step runs on the same array.',
  ];
}

function simulateNetwork(name: Network002, seed: number): SatStep {
  const layout = network(name, { ...networks002[name], batch });
  const last = layout.layers.length - 1;
  const runs = eachOf(variants, (options) => createAccelerator({ ...presets.sat, ...options }).start());
  const cycles = eachOf(methods, () => eachOf(variants, noCycles));
  let layer = 0;
  for (const record of syntheticRecords(layout, { seed, sparsity: { W: 0, A: reluSparsity }, images: 1 })) {
    const isPruned = layer > 0 && layer < last;
    layer++;
    for (const method of namesOf(methods)) {
      const works = worksOf(record, isPruned ? method : 'dense', `${seed}/${name}`);
      for (const variant of namesOf(variants)) {
        for (const work of runs[variant].executeStep(works).works) cycles[method][variant][work.phase] += work.cycles;
      }
    }
  }
  return { network: name, cycles };
}

/** The works of a layer's step under a method, with momentum. */
function worksOf(record: LayerTensors, method: SatMethod, seed: string): readonly PhaseWork[] {
  const { forward, backward, errors } = methods[method];
  const rng = createRng(`${seed}/${record.layer}`);
  const mask = ({ shape }: BitTensor, axis: number) => nmMask(shape, { ...pattern, axis }, rng.fork(`${axis}`));
  const W = forward ? mask(record.W, -2) : record.W;
  const backwardW = backward ? mask(record.W, -1) : forward ? W : record.W;
  const works = trainingWorks([{ ...record, W, backwardW }], { slots: 1, masked: [] });
  if (!errors || !record.E) return works;
  const nonzeros = mask(record.E, -1);
  return works.map((work) => (work.phase === 'inputGradient' ? { ...work, input: { ...work.input, nonzeros } } : work));
}

function noCycles() {
  return { forward: 0, inputGradient: 0, weightGradient: 0, weightUpdate: 0 };
}

function namesOf<Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] {
  return Object.keys(record) as Name[];
}

function eachOf<Name extends string, Value, Made>(
  record: Readonly<Record<Name, Value>>,
  make: (value: Value) => Made,
): Record<Name, Made> {
  return Object.fromEntries(namesOf(record).map((name) => [name, make(record[name])])) as Record<Name, Made>;
}
