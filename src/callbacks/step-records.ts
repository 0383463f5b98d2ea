import type { LayerTensors, TrainingOptions } from '../hw/index.js';
import type { PrunableKernel } from '../ops/index.js';
import { wholeName } from '../ops/tap/kernel-parts.js';

/** What the tap has seen of an optimizer step, and the masks that its layers computed with: behind it there may be new ones. */
export class StepRecords {
  private readonly records: LayerTensors[] = [];
  private readonly masked = new Set<string>();
  private readonly wholeGradient = new Set<string>();

  constructor(private readonly kernels: readonly PrunableKernel[]) {}

  /** Of a use that is reported twice, of a frozen kernel, the later report knows more. */
  add(tensors: LayerTensors): void {
    const at = this.records.findIndex(({ layer, use }) => layer === tensors.layer && use === tensors.use);
    this.records.splice(at < 0 ? this.records.length : at, 1, tensors);
    this.noteMasks(tensors.layer);
  }

  /** All of them in the order of the forward pass, in which accelerators run them: the tap reports along the backward pass. */
  inOrder(layers: readonly string[]): readonly LayerTensors[] {
    return this.records.toSorted((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer) || a.use - b.use);
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
