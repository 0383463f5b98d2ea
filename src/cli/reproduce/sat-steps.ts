import {
  createAccelerator,
  type LayerTensors,
  type NmPasses,
  network,
  type Phase,
  type PhaseWork,
  presets,
  syntheticRecords,
  trainingWorks,
} from '../../hw/index.js';
import { noneByPhase } from '../../hw/phases.js';
import { nmRecord, takesNm } from '../../hw/synthetic/nm-record.js';
import { createRng } from '../../rng.js';
import { networkLayers, savedMacs } from './bdwp-macs.js';
import { chosenNetworks } from './chosen-networks.js';
import { batch } from './draw-job.js';
import { reluSparsity } from './simulate-draw.js';

/** Networks of 002 at the sizes of its data sets: CIFAR, Tiny ImageNet, ImageNet. */
const satNetworks = {
  vgg19: { inputSize: 32, classes: 10 },
  resnet18: { inputSize: 64, classes: 200 },
  resnet50: { inputSize: 224, classes: 1000 },
  'vit-small-4': { inputSize: 32, classes: 10 },
} as const;
type SatNetwork = keyof typeof satNetworks;

/** What the methods prune of the layers that are not left dense. */
const methods = { dense: null, 'SR-STE': 'forward', SDGP: 'errors', BDWP: 'both' } as const satisfies Record<
  string,
  NmPasses | null
>;
type Method = keyof typeof methods;

const pattern = { n: 2, m: 8 };
/** Memory that never waits: what is left are the cycles of the array and its engines. */
const freeMemory = { dramBytesPerCycle: 1e6 };

/** The runs of a step: a method, on SAT with other options than its preset. */
const runs = {
  dense: { method: 'dense' },
  'SR-STE': { method: 'SR-STE' },
  SDGP: { method: 'SDGP' },
  BDWP: { method: 'BDWP' },
  'without interleaving': { method: 'BDWP', options: { interleave: 1 } },
  'without pre-generation': { method: 'BDWP', options: { preGeneration: false } },
  'OS only': { method: 'BDWP', options: { dataflow: 'OS' } },
  'WS only': { method: 'BDWP', options: { dataflow: 'WS' } },
  'dense, free': { method: 'dense', options: freeMemory },
  'BDWP, free': { method: 'BDWP', options: freeMemory },
  'without interleaving, free': { method: 'BDWP', options: { ...freeMemory, interleave: 1 } },
  'without pre-generation, free': { method: 'BDWP', options: { ...freeMemory, preGeneration: false } },
  'OS only, free': { method: 'BDWP', options: { ...freeMemory, dataflow: 'OS' } },
  'WS only, free': { method: 'BDWP', options: { ...freeMemory, dataflow: 'WS' } },
} as const satisfies Record<string, { readonly method: Method; readonly options?: object }>;
export type SatRun = keyof typeof runs;

/** A training step of a network: cycles of each run, by phase. */
export interface SatStep {
  readonly network: string;
  readonly cycles: Readonly<Record<SatRun, Readonly<Record<Phase, number>>>>;
  /** Dense multiply-accumulates over those that BDWP leaves: what it can be faster by where nothing else is saved. */
  readonly operationBound: number;
}

/** Runs one training step of each network with declared synthetic masks; layer by layer, so that memory stays small. */
export function simulateSat({ networks, seed }: { readonly networks: readonly string[]; readonly seed: number }): SatStep[] {
  const names = chosenNetworks(networks, Object.keys(satNetworks));
  return names.map((name) => simulateNetwork(name as SatNetwork, seed));
}

/** How the steps were made, a line each. */
export function satConditions(steps: readonly SatStep[], seed: number): string[] {
  if (steps.length === 0) return ['No networks were simulated: arithmetic only.'];
  const sizes = steps.map(({ network: name }) => `${name} at ${satNetworks[name as SatNetwork].inputSize} pixels`);
  return [
    'All cycles are modelled; masks are synthetic, declared, and not tuned to any figure.',
    `Seed ${seed}; batch ${batch}, one image drawn, which the batch repeats; ${sizes.join(', ')}.`,
    `2:8 with places drawn alike in all layers but the first, the last and products of activations; zeros of A and E where a ReLU is: ${reluSparsity}.`,
    'Preset sat: 32 x 32 USPEs, 64 bytes per cycle, 384 KB; momentum SGD; a dense step runs on the same array.',
  ];
}

function simulateNetwork(name: SatNetwork, seed: number): SatStep {
  const layout = network(name, { ...satNetworks[name], batch });
  const machines = Object.entries(runs).map(([run, { method, ...rest }]) => ({
    ...{ run, method },
    machine: createAccelerator({ ...presets.sat, ...('options' in rest && rest.options) }).start(),
    cycles: noneByPhase(),
  }));
  let layer = 0;
  for (const record of syntheticRecords(layout, { seed, sparsity: { W: 0, A: reluSparsity }, images: 1 })) {
    const isPruned = takesNm(layout, layout.layers[layer++], pattern.m);
    const works = new Map(
      (Object.keys(methods) as Method[]).map((method) => [
        method,
        worksOf(record, isPruned ? methods[method] : null, `${seed}/${name}`),
      ]),
    );
    for (const { method, machine, cycles } of machines) {
      for (const work of machine.executeStep(works.get(method) ?? []).works) cycles[work.phase] += work.cycles;
    }
  }
  return {
    network: name,
    cycles: Object.fromEntries(machines.map(({ run, cycles }) => [run, cycles])) as SatStep['cycles'],
    operationBound: 1 / (1 - savedMacs(networkLayers(name, satNetworks[name]), pattern).counted),
  };
}

/** The works of a layer's step, with momentum. */
function worksOf(record: LayerTensors, passes: NmPasses | null, seed: string): readonly PhaseWork[] {
  const thinned = passes ? nmRecord(record, { ...pattern, passes }, createRng(`${seed}/${record.layer}`)) : record;
  return trainingWorks([thinned], { slots: 1, masked: [] });
}
