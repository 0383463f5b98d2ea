import {
  type AcceleratorRun,
  addCosts,
  type BalancedSpec,
  type BitTensor,
  type Cost,
  costOf,
  countBits,
  createAccelerator,
  emptyCost,
  type LayerTensors,
  network,
  presets,
  type Role,
  syntheticRecords,
  trainingWorks,
} from 'tfjs-sparsity/hw';
import { balanceOf, balanceTotals } from './balance-totals.js';
import { batch, type DrawJob } from './draw-job.js';
import { roles } from './reductions.js';
import type { AcceleratorTotals, Draw } from './simulations.js';
import { acceleratorsOf, ways } from './ways.js';

/** Zeros that a ReLU leaves in A and E; dropouts are the networks' own (ledger 3.4). */
export const reluSparsity = 0.45;

/** Runs one training step of a network on every accelerator, on maps drawn for it. Layer by layer: memory stays small. */
export function simulateDraw(job: DrawJob): Draw {
  const began = performance.now();
  const runs = acceleratorsOf(job.way).map((spec) => {
    const accelerator = createAccelerator(spec);
    return { name: spec.name, table: accelerator.energyTable, run: accelerator.start() as AcceleratorRun, cost: emptyCost() };
  });
  const zeros = emptyTally();
  const balance = [];
  for (const record of recordsOf(job)) {
    // Plain SGD without slots (Eq. 4), pruned weights stay zero.
    const works = trainingWorks([record], { slots: 0, masked: [record.layer] });
    for (const one of runs) one.cost = addCosts(one.cost, costOf(one.run.executeStep(works), one.table));
    for (const work of works)
      if (work.kind === 'gemm') balance.push(balanceOf(work, presets.balanced as unknown as BalancedSpec));
    for (const role of roles) tally(zeros[role], record[role] as BitTensor);
  }
  return {
    ...{ network: job.network, way: job.way, draw: job.draw },
    accelerators: Object.fromEntries(runs.map(({ name, cost }) => [name, totalsOf(cost)])),
    balance: balanceTotals(balance),
    sparsity: sharesOf(zeros),
    seconds: (performance.now() - began) / 1000,
  };
}

function recordsOf({ network: name, way, draw, images, seed }: DrawJob): Iterable<LayerTensors> {
  const { maps, sparsity } = ways[way];
  return syntheticRecords(network(name, { batch }), {
    seed: `${seed}/${name}/${draw}`,
    sparsity: { W: sparsity, A: reluSparsity },
    maps,
    images,
  });
}

function totalsOf({ cycles, energyPj, dramBytes, byComponentPj, macs }: Cost): AcceleratorTotals {
  const { dense, effectual } = macs;
  return { cycles, energyPj, dramBytes, interconnectPj: byComponentPj.interconnect ?? 0, macs: { dense, effectual } };
}

type Tally = Record<Role, { some: number; all: number }>;

function emptyTally(): Tally {
  const none = () => ({ some: 0, all: 0 });
  return { W: none(), A: none(), E: none(), G: none() };
}

function tally(sum: Tally[Role], bits: BitTensor): void {
  const size = bits.shape.reduce((a, b) => a * b, 1);
  sum.all += size;
  sum.some += size - countBits(bits);
}

function sharesOf(sums: Tally): Record<Role, number> {
  const share = (role: Role) => sums[role].some / sums[role].all;
  return { W: share('W'), A: share('A'), E: share('E'), G: share('G') };
}
