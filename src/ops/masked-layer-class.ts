import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { unstructured } from '../pruning/patterns/unstructured.js';
import { magnitudeScore } from '../pruning/scores/magnitude-score.js';
import { isRecording } from './forward-backward-op.js';
import { DenseKernelStore, type KernelStore } from './kernel-store.js';
import { decodeMasks, type EncodedMasks, encodeMasks } from './mask-codec.js';
import { maskedKernel } from './masked-kernel-op.js';
import { fieldOf, infoOf, kindOfMasked, type MaskedKind, type MaskedOp, rememberKind } from './masked-kinds.js';
import type { ConvGeometry, OpMasks } from './masked-ops.js';
import { readableConfig } from './readable-config.js';
import { type MaskableConfig, trainingObstacle } from './training-obstacle.js';

/** Masks and treatment in force of one kernel. */
export type KernelSparsity = EncodedMasks & {
  readonly pruned: 'zero' | 'dense-master';
  readonly slots: 'zero' | 'keep';
  readonly decay: number;
};

/** The `sparsity` option of a masked layer; plain data, part of the layer's config. */
export interface LayerSparsity {
  /**
   * Fraction of each kernel that is pruned when the layer is built, those of the smallest initial magnitude; in [0, 1). The weights stay
   * zero: training from a static sparse start. @default 0
   */
  readonly initial?: number;
  /** Masks and treatment in force, as a built layer's `getConfig` writes them; of a layer of several kernels a list, null where none are. */
  readonly state?: KernelSparsity | readonly (KernelSparsity | null)[];
}

/** What a masked layer has beside its stock class. */
export interface MaskedLayer extends tf.layers.Layer {
  /** Where the kernels are; none until the layer is built. A region puts its own here. */
  kernelStores: readonly KernelStore[];
  /** Which of the layer's weights they are, in the same order. */
  readonly kernelWeights: readonly tf.LayerVariable[];
}

/** A layer's constructor. */
export type LayerClass = new (args: object) => tf.layers.Layer;
type Loss = () => tf.Scalar;

/** What the stock classes hold that their types hide. */
interface StockLayer extends tf.layers.Layer {
  readonly bias: { read(): tf.Tensor } | null;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  readonly strides?: [number, number] | [number];
  readonly padding?: string;
  readonly dataFormat?: string;
}

/** The kernel's variable as tfjs-layers holds it. */
interface LayerKernel {
  read(): tf.Tensor;
  write(values: tf.Tensor): LayerKernel;
  dispose(): void;
}

/**
 * The masked subclass of a class. While nothing is recorded, or no mask is in force, that class computes with the effective kernel, so
 * that its outputs are those of the layer without masks to the bit.
 */
export function maskedClass(kind: MaskedKind, Stock: LayerClass): LayerClass {
  const { kernelFields, op } = kind;
  class Masked extends Stock implements MaskedLayer {
    static readonly className = kind.masked;
    kernelStores: readonly KernelStore[] = [];
    private readonly sparsity: LayerSparsity;
    private ownStores: readonly DenseKernelStore[] = [];
    /** What the stock layer computes with in place of its kernels. */
    private standIns: readonly (tf.Tensor | undefined)[] = [];

    constructor(args: object & { sparsity?: LayerSparsity | null }) {
      super(args);
      this.sparsity = args.sparsity ?? {};
      checkInitial(this.name, this.sparsity.initial ?? 0);
      const obstacle = trainingObstacle(kind.stock, super.getConfig() as MaskableConfig);
      if (obstacle) {
        throw new SparsityError({
          what: `layer ${this.name}`,
          got: obstacle,
          expected: 'a layer that tfjs can train',
          fix: `use tf.layers.${kind.stock.replace(/^./, (first) => first.toLowerCase()).replace('D', 'd')} instead of the masked layer`,
        });
      }
    }

    override build(inputShape: tf.Shape | tf.Shape[]): void {
      super.build(inputShape);
      const states = [this.sparsity.state ?? []].flat();
      this.ownStores = this.kernelVariables.map((kernelVariable, i) => {
        const variable = kernelVariable.read() as tf.Variable;
        const store = new DenseKernelStore(infoOf(kind, i, this.name, variable.shape), variable, this);
        this.follow(kernelVariable, store, i);
        return store;
      });
      this.kernelStores = this.ownStores;
      const { initial = 0 } = this.sparsity;
      this.ownStores.forEach((store, i) => {
        const state = states[i];
        if (state) store.repack(decodeMasks(state, store.variable.size, this.name), state);
        else if (initial > 0 && states.length === 0) pruneInitially(store, initial);
      });
    }

    override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[] {
      const { ownStores } = this;
      const masks = ownStores.map(({ opMasks }) => opMasks);
      if (!masks.some(Boolean)) return super.call(inputs, kwargs);
      return tf.tidy(() => {
        const compute = () => super.call(inputs, kwargs);
        if (!isRecording()) return this.withKernels((store) => store.effective(), compute);
        const [own, first] = [ownStores[0] as DenseKernelStore, masks[0]];
        if (op && first) return this.train([inputs].flat()[0] as tf.Tensor, own.read(), first, op);
        for (const store of ownStores) checkOneKernel(this.name, ownStores.length, store);
        return this.withKernels(({ variable }, i) => masks[i] && maskedKernel(variable, masks[i]), compute);
      });
    }

    get kernelWeights(): readonly tf.LayerVariable[] {
      return this.kernelVariables as unknown as tf.LayerVariable[];
    }

    /** Regularizers see the weights that are in use: tfjs gives |w| a slope at 0, which would push pruned weights off it. */
    override addLoss(losses: Loss | Loss[]): void {
      const inUse = (loss: Loss) => () =>
        this.withKernels((store) => (store.treatment.pruned === 'zero' ? store.effective() : undefined), loss);
      super.addLoss([losses].flat().map(inUse));
    }

    override getConfig(): tf.serialization.ConfigDict {
      const config = readableConfig(this, super.getConfig());
      const sparsity = this.currentSparsity();
      return Object.keys(sparsity).length ? Object.assign(config, { sparsity }) : config;
    }

    /**
     * Ties the masks to the variable of the `i`th kernel, which tfjs writes when weights are set or loaded (optimizers assign to what is inside)
     * and disposes also where a wrapper holds this layer.
     */
    private follow(kernelVariable: LayerKernel, store: DenseKernelStore, i: number): void {
      const { read, write, dispose } = kernelVariable;
      kernelVariable.read = () => {
        const own = read.call(kernelVariable);
        return this.standIns[i] ?? underMasks(this.kernelStores[i]?.read() ?? own, store);
      };
      kernelVariable.write = (values) => {
        write.call(kernelVariable, values);
        store.enforce();
        return kernelVariable;
      };
      kernelVariable.dispose = () => {
        this.kernelStores[i]?.dispose();
        store.dispose();
        dispose.call(kernelVariable);
      };
    }

    private currentSparsity(): LayerSparsity {
      if (this.kernelStores.length === 0) return this.sparsity;
      const states = this.kernelStores.map(({ masks, treatment }) => {
        const areNone = !masks.forward && !masks.backward && !masks.gradient;
        return areNone ? null : { ...encodeMasks(masks), ...treatment };
      });
      if (states.every((state) => state === null)) return {};
      return { state: states.length === 1 ? (states[0] as KernelSparsity) : states };
    }

    private train(x: tf.Tensor, w: tf.Tensor, masks: OpMasks, op: MaskedOp): tf.Tensor {
      const { bias, activation, strides, padding, dataFormat } = this as unknown as StockLayer;
      const channelsFirst = dataFormat === 'channelsFirst' && x.rank === 4;
      const geometry: ConvGeometry = strides
        ? { strides: strides.length === 1 ? strides[0] : strides, pad: padding === 'same' ? 'same' : 'valid' }
        : {};
      let y = op(channelsFirst ? x.transpose([0, 2, 3, 1]) : x, w, { ...masks, ...geometry });
      if (bias) y = y.add(bias.read());
      if (channelsFirst) y = y.transpose([0, 3, 1, 2]);
      return activation ? activation.apply(y) : y;
    }

    /** Lets the stock layer compute with other kernels, where there are: it reads its own anew each time. */
    private withKernels<Result>(
      kernelOf: (store: DenseKernelStore, i: number) => tf.Tensor | undefined,
      body: () => Result,
    ): Result {
      this.standIns = this.ownStores.map(kernelOf);
      try {
        return body();
      } finally {
        this.standIns = [];
      }
    }

    private get kernelVariables(): readonly LayerKernel[] {
      return kernelFields.map((field) => fieldOf(this, field) as LayerKernel);
    }
  }
  tf.serialization.registerClass(Masked as unknown as Parameters<typeof tf.serialization.registerClass>[0]);
  rememberKind(kind, Masked, Stock);
  return Masked;
}

/** A static sparse start: the weights of the smallest magnitude go. */
function pruneInitially(store: DenseKernelStore, sparsity: number): void {
  const { info } = store;
  const scores = magnitudeScore()({ info, weights: store.readKernel(), masks: undefined });
  const mask = unstructured()(scores, info, sparsity);
  store.repack({ forward: mask, backward: mask, gradient: mask }, store.treatment);
}

/** A kernel for whoever else reads it in a loss: pruned weights, which are 0, get no gradient from there either. */
function underMasks(w: tf.Tensor, { variable, treatment, opMasks }: DenseKernelStore): tf.Tensor {
  const masks = isRecording() && w === variable && treatment.pruned === 'zero' ? opMasks : undefined;
  return masks?.forward ? maskedKernel(w, { forward: masks.forward, gradient: masks.gradient ?? null }) : w;
}

function checkOneKernel(layer: string, kernels: number, { grouped, masks, thinning }: DenseKernelStore): void {
  const isOne = grouped ? grouped.groups.backward === 'forward' : masks.backward === masks.forward;
  const own = !isOne && 'a mask of the input gradient that differs from the forward mask';
  const got = thinning ? 'operands of the gradient products that are thinned' : own;
  if (!got) return;
  // Methods know kernels by their names, policies layers.
  const named = kernels === 1 ? layer : `${layer}/*`;
  throw new SparsityError({
    what: `masks of layer ${layer}`,
    got,
    expected: 'masks of its kernel alone, one for both directions: the products of its class are not known',
    fix: `exclude ${named} from this method or ${layer} in the policy, or prune with another method`,
  });
}

function checkInitial(layer: string, initial: number): void {
  if (initial >= 0 && initial < 1) return;
  throw new SparsityError({
    what: `sparsity.initial of layer ${layer}`,
    got: initial,
    expected: 'a number in [0, 1)',
    fix: 'pass 0.9 to start with 90 % of the weights pruned',
  });
}

/** The masked class of a layer, or undefined for any other layer. */
export function maskedKindOf(layer: tf.layers.Layer): MaskedKind | undefined {
  return kindOfMasked(layer.constructor);
}

/** Whether a layer is a masked one. */
export function isMasked(layer: tf.layers.Layer): layer is MaskedLayer {
  return maskedKindOf(layer) !== undefined;
}
