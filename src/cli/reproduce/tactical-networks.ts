import {
  type BitTensor,
  type FilterLayer,
  filterLayers,
  type GemmWork,
  inScanOrder,
  type LoopNest,
  network,
  onesBits,
  type RowSynchronousArray,
  rowBetaBits,
  spaceToDepth,
  tacticalConnections,
  tileArray,
  withFrontEnd,
} from '../../hw/index.js';
import type { ScheduleRule } from '../../kernels/index.js';
import { createRng } from '../../rng.js';
import { type SlotShares, slotShares } from './tactical-shares.js';

/** What a network takes on one front end. */
export type FrontEndName = (typeof frontEndNames)[number];

/** The front ends that are run: the designs of Fig. 8, each also with lookahead alone, and the variants of Figs. 9 and 11. */
export const frontEndNames = ['<1,6>', '<2,5>', '<3,4>', '<1,0>', '<2,0>', '<3,0>', 'shuffled', 'greedy', 'aside first'] as const;

/** A network on DaDianNao++ and its front ends: forward passes of one image. */
export interface TacticalNetwork {
  readonly name: string;
  /** Declared share of zero weights. */
  readonly sparsity: number;
  /** Share of the multiplier slots of DaDianNao++ that hold no weight or a zero, weighted by windows: padding counts. */
  readonly ineffectual: number;
  readonly denseCycles: number;
  readonly cycles: Readonly<Record<FrontEndName, number>>;
  /** What becomes of the slots of DaDianNao++ under `<2,5>`: of the whole network and of the layer in its middle. */
  readonly shares: { readonly all: SlotShares; readonly layer: SlotShares };
}

interface Workload {
  readonly name: string;
  readonly sparsity: number;
  readonly layers: readonly { readonly name: string; readonly nest: LoopNest }[];
}

/**
 * The networks of 003 by what is public of them: the layers of Table 1 and, as their pruned weights are not, declared zeros. 0.86 is what
 * the figures of AlexNet-ES give back (ledger claim 29, with its row of claim 36); of the others 003 says that they are below 0.8, and of
 * ResNet-50 low. The LSTM is a stand-in of declared size.
 */
export function workloads(): readonly Workload[] {
  return [
    { name: 'AlexNet-ES', sparsity: 0.86, layers: network('alexnet').layers },
    { name: 'AlexNet-SS', sparsity: 0.7, layers: network('alexnet').layers },
    { name: 'GoogLeNet-ES', sparsity: 0.7, layers: network('googlenet').layers },
    { name: 'GoogLeNet-SS', sparsity: 0.7, layers: network('googlenet').layers },
    { name: 'ResNet50-SS', sparsity: 0.5, layers: network('resnet50-v1').layers },
    { name: 'Bi-LSTM', sparsity: 0.7, layers: network('bi-lstm').layers },
    { name: 'MobileNet', sparsity: 0.7, layers: network('mobilenet-v1').layers },
  ];
}

/** Tiles of 003 (Table 3). */
export const tiles = { tiles: 4, filters: 16, lanes: 16, windows: 1 } as const;

/** The rule of a T8 front end. */
export function ruleOf(lookahead: number, lookaside: number, rule: Partial<ScheduleRule> = {}): ScheduleRule {
  const connections = inScanOrder(tacticalConnections('T', lookahead, lookaside), 'by-row');
  return { lanes: 16, lookahead, connections, policy: 'least-flexible-first', decoupled: false, ...rule };
}

const asideFirst = inScanOrder(tacticalConnections('T', 2, 5), 'lookaside-first');

function frontEnds(): Record<FrontEndName, RowSynchronousArray> {
  const front = (rule: ScheduleRule, shuffle = false) => withFrontEnd(tileArray(tiles), { ...rule, shuffle });
  return {
    '<1,6>': front(ruleOf(1, 6)),
    '<2,5>': front(ruleOf(2, 5)),
    '<3,4>': front(ruleOf(3, 4)),
    '<1,0>': front(ruleOf(1, 0)),
    '<2,0>': front(ruleOf(2, 0)),
    '<3,0>': front(ruleOf(3, 0)),
    shuffled: front(ruleOf(2, 5), true),
    greedy: front(ruleOf(2, 5, { policy: 'greedy' })),
    'aside first': front(ruleOf(2, 5, { policy: 'greedy', connections: asideFirst })),
  };
}

/** A network as its layers are, and with the first one folded as the public simulator has it ({@link spaceToDepth}). */
export interface TacticalReadings {
  readonly literal: TacticalNetwork;
  readonly folded: TacticalNetwork;
}

/**
 * Runs all networks.
 *
 * @param spread how far the densities of a layer's filters differ, of `rowBetaBits`, in [0, 1); 0 for not at all.
 */
export function runNetworks(seed: number, spread: number): readonly TacticalReadings[] {
  const arrays = frontEnds();
  return workloads().map((workload) => {
    const rng = createRng(`${seed}/${workload.name}`);
    const works = workload.layers.map(({ name, nest }) => {
      const shape = [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels];
      const density = 1 - workload.sparsity;
      return forwardOf(nest, rowBetaBits(shape, { density, spread, rowAxes: [4] }, rng.fork(name)));
    });
    const layers = works.map((work) => runLayer(work, arrays));
    const folded = works.map((work, i) => {
      const other = spaceToDepth(work);
      return other === work ? layers[i] : runLayer(other, arrays);
    });
    return { literal: networkOf(workload, layers), folded: networkOf(workload, folded) };
  });
}

type LayerRun = Pick<TacticalNetwork, 'denseCycles' | 'cycles'> & {
  readonly slots: number;
  readonly effectual: number;
  readonly shares: SlotShares;
};

function runLayer(work: GemmWork, arrays: Record<FrontEndName, RowSynchronousArray>): LayerRun {
  const dense = tileArray(tiles);
  const [layer] = filterLayers(work, tiles);
  const bits = layer.bits();
  const shared: FilterLayer = { ...layer, bits: () => bits };
  const { cycles: denseCycles, issuedSlots } = dense.time(shared, dense.issue(shared));
  const cyclesOn = (front: FrontEndName) => arrays[front].time(shared, arrays[front].issue(shared)).cycles;
  return {
    ...{ denseCycles, slots: issuedSlots, effectual: layer.nonzeros() * layer.images * layer.windowsPerImage },
    cycles: Object.fromEntries(frontEndNames.map((front) => [front, cyclesOn(front)])) as LayerRun['cycles'],
    shares: slotShares(shared, ruleOf(2, 5)),
  };
}

function networkOf({ name, sparsity }: Workload, layers: readonly LayerRun[]): TacticalNetwork {
  const sum = (of: (layer: LayerRun) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  const denseCycles = sum((layer) => layer.denseCycles);
  const mean = (of: keyof SlotShares) => sum((layer) => layer.denseCycles * layer.shares[of]) / denseCycles;
  const cycles = frontEndNames.map((front) => [front, sum((layer) => layer.cycles[front])] as const);
  const all = { inPlace: mean('inPlace'), lookahead: mean('lookahead'), lookaside: mean('lookaside') };
  return {
    ...{ name, sparsity, denseCycles },
    cycles: Object.fromEntries(cycles) as TacticalNetwork['cycles'],
    ineffectual: 1 - sum((layer) => layer.effectual) / sum((layer) => layer.slots),
    shares: { all: { ...all, ineffectual: mean('ineffectual') }, layer: layers[Math.floor(layers.length / 2)].shares },
  };
}

/** A forward pass over all ones: what activations are decides no cycle here. */
export function forwardOf(nest: LoopNest, weights: BitTensor): GemmWork {
  const input = { role: 'A', source: 'layer', nonzeros: onesBits([nest.batch, ...nest.inSize, nest.inChannels]) } as const;
  const kernel = { role: 'W', source: 'layer', nonzeros: weights } as const;
  return { kind: 'gemm', layer: 'layer', phase: 'forward', nest, input, kernel, imageScale: 1 };
}
