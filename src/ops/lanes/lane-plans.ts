import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import { areListable, type DenseKernelStore, type GroupedWeights } from '../kernel-store.js';
import { tapeEngine } from '../tap/tape.js';
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
  /** The last that was made first; behind it those that a tape needed when it was made. */
  private readonly plans = new Map<DenseKernelStore, readonly KnownPlan[]>();
  /** For each tape the plans that its gradients ask for. */
  private readonly needs = new WeakMap<object, Set<LanePlan>>();

  /** The last one that was made for a kernel. */
  known(store: DenseKernelStore): KnownPlan | undefined {
    return this.plans.get(store)?.[0];
  }

  /** The plan for the masks in force. */
  of(store: DenseKernelStore, geometry: ConvGeometry): LanePlan {
    const known = this.plans.get(store)?.find((each) => areAlike(each.geometry, geometry));
    const grouped = groupsOf(store);
    const source = grouped ?? store.masks;
    if (known?.source === source) {
      this.neededNow().add(known.plan);
      return known.plan;
    }
    if (!grouped) return this.replace(store, { plan: lanePlan(geometry, store.masks), source, geometry });
    const plan = known && isOf(known.plan, grouped) ? known.plan : groupPlan(geometry, grouped.groups);
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
    const known = this.known(store);
    const isMaster = treatment.pruned === 'dense-master' && treatment.slots === 'keep';
    if (!known || !isMaster || !areListable(groups, store.info) || !hasLanes()) return false;
    store.regroupLater(groups, masksOf, treatment);
    this.of(store, known.geometry);
    return true;
  }

  forget(store: DenseKernelStore): void {
    for (const { plan } of this.plans.get(store) ?? []) plan.dispose();
    this.plans.delete(store);
  }

  /** Puts a plan in the place of those that no gradient will ask for. */
  private replace(store: DenseKernelStore, next: KnownPlan): LanePlan {
    const needed = this.neededNow();
    const others = (this.plans.get(store) ?? []).filter(({ plan }) => plan !== next.plan);
    // Kept values that are trained by themselves stay so: their order does not depend on the size of the images.
    for (const { plan } of others) if (!needed.has(plan)) plan.dispose();
    this.plans.set(store, [next, ...others.filter(({ plan }) => needed.has(plan))]);
    needed.add(next.plan);
    return next.plan;
  }

  /** The plans that the tape of now needs: a layer may meet images of several sizes before its gradients are asked for. */
  private neededNow(): Set<LanePlan> {
    const { activeTape } = tapeEngine().state;
    const needed = (activeTape && this.needs.get(activeTape)) ?? new Set<LanePlan>();
    if (activeTape) this.needs.set(activeTape, needed);
    return needed;
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
