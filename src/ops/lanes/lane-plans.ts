import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import { areListable, type DenseKernelStore, type GroupedWeights } from '../kernel-store.js';
import { type GroupPlan, groupPlan } from './group-plan.js';
import { type LanePlan, lanePlan } from './lane-plan.js';
import { hasLanes } from './on-heap.js';

/** A plan, and what it was made for. */
export interface KnownPlan {
  readonly plan: LanePlan;
  /** Masks, or weights of which they follow; undefined while it has no lists. */
  readonly source: LayerMasks | GroupedWeights | undefined;
  readonly geometry: ConvGeometry;
}

/** The plans of masked layers, by the stores of their kernels. */
export class LanePlans {
  private readonly plans = new Map<DenseKernelStore, KnownPlan>();

  /** The last one that was made for a kernel. */
  known(store: DenseKernelStore): KnownPlan | undefined {
    return this.plans.get(store);
  }

  /** The plan for the masks in force. */
  of(store: DenseKernelStore, geometry: ConvGeometry): LanePlan {
    const known = this.plans.get(store);
    const fits = known !== undefined && areAlike(known.geometry, geometry);
    const grouped = groupsOf(store);
    const source = grouped ?? store.masks;
    if (fits && known.source === source) return known.plan;
    if (!grouped) return this.replace(store, { plan: lanePlan(geometry, store.masks), source, geometry });
    const plan = fits && isOf(known.plan, grouped) ? known.plan : groupPlan(geometry, grouped.groups);
    this.replace(store, { plan, source: undefined, geometry });
    // Of NaN no masks can be made either; who tries says which weight it is.
    const next = plan.update(grouped.weights, store.treatment.decay) ? plan : lanePlan(geometry, store.masks);
    return this.replace(store, { plan: next, source, geometry });
  }

  /**
   * Puts masks in force that follow from the weights, and makes the lists of them, without masks. False, and nothing has happened, where
   * that cannot be: kernels know one or two weights of a group; or where the layer has not run in lanes yet.
   */
  regroup(store: DenseKernelStore, ...[groups, masksOf, treatment]: Parameters<DenseKernelStore['regroup']>): boolean {
    const known = this.plans.get(store);
    const isMaster = treatment.pruned === 'dense-master' && treatment.slots === 'keep';
    if (!known || !isMaster || !areListable(groups, store.info) || !hasLanes()) return false;
    store.regroupLater(groups, masksOf, treatment);
    this.of(store, known.geometry);
    return true;
  }

  forget(store: DenseKernelStore): void {
    this.plans.get(store)?.plan.dispose();
    this.plans.delete(store);
  }

  private replace(store: DenseKernelStore, next: KnownPlan): LanePlan {
    const known = this.plans.get(store);
    // Kept values that are trained by themselves stay so: their order does not depend on the size of the images.
    if (known?.plan !== next.plan) known?.plan.dispose();
    this.plans.set(store, next);
    return next.plan;
  }
}

function areAlike(a: ConvGeometry, b: ConvGeometry): boolean {
  return a === b || tf.util.arraysEqual(Object.values(a), Object.values(b));
}

/** What the masks follow from, where the kernel still holds those weights. */
function groupsOf({ listed, variable }: DenseKernelStore): GroupedWeights | undefined {
  return listed?.weights.dataId === variable.dataId ? listed : undefined;
}

function isOf(plan: LanePlan, { groups: { n, m, backward } }: GroupedWeights): plan is GroupPlan {
  const { groups } = plan as Partial<GroupPlan>;
  return groups?.n === n && groups.m === m && groups.backward === backward;
}
