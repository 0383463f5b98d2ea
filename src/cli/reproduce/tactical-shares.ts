import type { FilterLayer } from '../../hw/index.js';
import { type ScheduleRule, scheduleSlots, setSlots } from '../../kernels/index.js';

/** Parts of the multiplier slots of the dense schedule (Fig. 10); what is missing to 1 was skipped. */
export interface SlotShares {
  readonly inPlace: number;
  readonly lookahead: number;
  readonly lookaside: number;
  /** Slots of issued rows that hold no weight. */
  readonly ineffectual: number;
}

/** Sets of filters of a layer that are looked at. */
const sampledSets = 2;

/** Where the weights of a layer come from under a rule, by the slow scheduler, which keeps their sources; of its first two sets. */
export function slotShares(layer: FilterLayer, rule: ScheduleRule): SlotShares {
  const bits = layer.bits();
  let [slots, inPlace, lookahead, lookaside, issuedSlots] = [0, 0, 0, 0, 0];
  for (const set of layer.sets.slice(0, sampledSets)) {
    const filters = set.filters.length;
    const { sources, issued } = scheduleSlots(setSlots(bits, set, rule.lanes), filters, rule);
    slots += sources.length;
    issuedSlots += issued.reduce((sum, flag) => sum + flag, 0) * rule.lanes;
    sources.forEach((source, slot) => {
      if (source === slot) inPlace++;
      else if (source !== -1 && (source - slot) % (filters * rule.lanes) === 0) lookahead++;
      else if (source !== -1) lookaside++;
    });
  }
  return {
    inPlace: inPlace / slots,
    lookahead: lookahead / slots,
    lookaside: lookaside / slots,
    ineffectual: (issuedSlots - inPlace - lookahead - lookaside) / slots,
  };
}
