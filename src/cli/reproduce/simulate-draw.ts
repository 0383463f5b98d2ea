import {
  type AcceleratorRun,
  addCosts,
  type BitTensor,
  type Cost,
  costOf,
  countBits,
  createAccelerator,
  emptyCost,
  type LayerTensors,
  network,
  type Role,
  syntheticRecords,
  trainingWorks,
} from '../../hw/index.js';
import { noneByPhase } from '../../hw/phases.js';
import { type BalancedSpec, balanceOf, balanceTotals } from './balance-totals.js';
import { csrRows } from './csr-rows.js';
import { batch, type DrawJob } from './draw-job.js';
import { roles } from './reductions.js';
import type { AcceleratorTotals, Draw } from './simulations.js';
import { acceleratorsOf, ways } from './ways.js';

/** Zeros that a ReLU leaves in A and E; dropouts are the networks' own (ledger 3.4). */
export const reluSparsity = 0.45;

/** Runs one training step of a network on every accelerator, on maps drawn for it. Layer by layer: memory stays small. */
export function simulateDraw(job: DrawJob): Draw {
  const began = performance.now();
  const runs = acceleratorsOf(job).map((spec) => {
    const accelerator = createAccelerator(spec);
    return {
      name: spec.name,
      spec: accelerator.spec,
      balance: [] as ReturnType<typeof balanceOf>[],
      table: accelerator.energyTable,
      run: accelerator.start() as AcceleratorRun,
      cost: emptyCost(),
      cyclesByPhase: noneByPhase(),
      nocHops: 0,
    };
  });
  const zeros = emptyShares();
  const inCsr = emptyShares();
  const balanced = runs.filter(({ spec }) => spec.kind === 'balanced');
  for (const record of recordsOf(job)) {
    // Plain SGD without slots (Eq. 4), pruned weights stay zero.
    const works = trainingWorks([record], { slots: 0, masked: [record.layer] });
    for (const one of runs) {
      for (const counts of one.run.executeStep(works).works) {
        one.cost = addCosts(one.cost, costOf(counts, one.table));
        one.cyclesByPhase[counts.phase] += counts.cycles;
        one.nocHops += counts.actions.nocHop ?? 0;
      }
    }
    for (const work of works)
      if (work.kind === 'gemm') for (const one of balanced) one.balance.push(balanceOf(work, one.spec as BalancedSpec));
    for (const role of roles) {
      const tensor = record[role] as BitTensor;
      const size = tensor.shape.reduce((a, b) => a * b, 1);
      add(zeros, role, size - countBits(tensor), size);
      const rows = csrRows(record, role, tensor);
      add(inCsr, role, rows.csr, rows.all);
    }
  }
  return {
    ...{ network: job.network, way: job.way, draw: job.draw },
    accelerators: Object.fromEntries(
      runs.map(({ name, cost, cyclesByPhase, nocHops }) => [name, { ...totalsOf(cost), cyclesByPhase, nocHops }]),
    ),
    balance: Object.fromEntries(balanced.map(({ name, balance }) => [name, balanceTotals(balance)])),
    sparsity: fractionsOf(zeros),
    csrRows: fractionsOf(inCsr),
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

function totalsOf({
  cycles,
  energyPj,
  dramBytes,
  byComponentPj,
  macs,
}: Cost): Omit<AcceleratorTotals, 'cyclesByPhase' | 'nocHops'> {
  const { dense, effectual } = macs;
  return { cycles, energyPj, dramBytes, interconnectPj: byComponentPj.interconnect ?? 0, macs: { dense, effectual } };
}

/** Parts of wholes, by tensor. */
type Shares = Record<Role, { some: number; all: number }>;

function emptyShares(): Shares {
  const none = () => ({ some: 0, all: 0 });
  return { W: none(), A: none(), E: none(), G: none() };
}

function add(shares: Shares, role: Role, some: number, all: number): void {
  shares[role].some += some;
  shares[role].all += all;
}

function fractionsOf(shares: Shares): Record<Role, number> {
  const fraction = (role: Role) => shares[role].some / shares[role].all;
  return { W: fraction('W'), A: fraction('A'), E: fraction('E'), G: fraction('G') };
}
