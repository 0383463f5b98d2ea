import type { LayerTensors, TrainingOptions } from '../hw/index.js';
import type { PrunableKernel } from '../ops/index.js';
import { wholeName } from '../ops/tap/kernel-parts.js';

/** What the tap has seen of an optimizer step, and the masks that its layers computed with: behind it there may be new ones. */
export class StepRecords {
  private readonly records: LayerTensors[] = [];
  private readonly masked = new Set<string>();
  private readonly wholeGradient = new Set<string>();

  constructor(private readonly kernels: readonly PrunableKernel[]) {}

  /**
   * Adds a use. Of one that is reported twice in a pass, of a frozen kernel or a product, the later report has E and replaces the first; else the
   * use is one of another pass, as gradients are accumulated over several.
   */
  add(tensors: LayerTensors): void {
    const at = this.records.findLastIndex((record) => isSameUse(record, tensors));
    const isFirstReport = at >= 0 && !this.records[at].E && tensors.E;
    this.records.splice(isFirstReport ? at : this.records.length, 1, tensors);
    this.noteMasks(tensors.layer);
  }

  /**
   * All of them in the order of the forward pass, in which accelerators run them: the tap reports along the backward pass. Uses are numbered
   * over all passes.
   */
  inOrder(layers: readonly string[]): readonly LayerTensors[] {
    const sorted = this.records.toSorted((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer) || a.use - b.use);
    const uses = new Map<string, number>();
    return sorted.map((record) => {
      const use = uses.get(record.layer) ?? 0;
      uses.set(record.layer, use + 1);
      return { ...record, use };
    });
  }

  /** Images of all passes. */
  samples(): number {
    const [first] = this.records;
    return this.records.filter((record) => isSameUse(record, first)).reduce((sum, { batchTotal }) => sum + batchTotal, 0);
  }

  /** What the hardware may leave alone: pruned weights that get no gradient and stay zero. */
  training(): Omit<TrainingOptions, 'slots'> {
    return { masked: [...this.masked], wholeGradient: [...this.wholeGradient] };
  }

  private noteMasks(layer: string): void {
    const kernel = this.kernels.find(({ info }) => info.name === wholeName(layer));
    if (kernel?.treatment.pruned !== 'zero' || kernel.masks.gradient === null) return;
    this.masked.add(layer);
    if (kernel.isCollecting) this.wholeGradient.add(layer);
  }
}

function isSameUse(a: LayerTensors, b: LayerTensors): boolean {
  return a.layer === b.layer && a.use === b.use;
}
