import type * as tf from '@tensorflow/tfjs';
import type { Activation } from '../../hw/index.js';
import type { TapeNode } from '../tap/tape.js';

/** What a tensor has come from. */
export interface Origin extends Activation {
  /** Whether it depends on what the model is given: an activation. */
  readonly isData: boolean;
  /** Whether it depends on something that is trained. */
  readonly isTrained: boolean;
}

/** Follows where zeros come from and errors lose them, op by op, while a forward pass goes to the tape. */
export interface ZeroTrace {
  originOf(t: tf.Tensor): Origin;
  /** What becomes of an output, which is known when the pass is over. */
  follow(output: tf.Tensor): () => Activation;
  /** Says that a tensor comes out of a dropout. */
  dropped(t: tf.Tensor, rate: number): void;
  observe(op: string, node: TapeNode): void;
}

/** What becomes of an output: whether it comes to a ReLU, or before one to anything else, and to which dropout. */
interface Fate {
  relu: boolean;
  other: boolean;
  dropout: number;
}

/** The outputs that a tensor has come from, without and with a ReLU on the way. */
interface Becoming {
  readonly pending: ReadonlySet<Fate>;
  readonly rectified: ReadonlySet<Fate>;
}

const rectifies = new Set(['Relu', 'Relu6']);

/** Ops whose outputs are zero where their input is, or a maximum over it; the caps are those of a ReLU with a limit. */
const keepsZeros = new Set(
  [
    'Reshape ExpandDims Transpose Cast Identity Slice StridedSlice SplitV Unpack Pack Concat Tile PadV2 SpaceToBatchND BatchToSpaceND',
    'MaxPool MaxPool3D Max ResizeNearestNeighbor Minimum ClipByValue',
  ].flatMap((names) => names.split(' ')),
);

/** Ops behind which an error has the zeros of the ReLU that follows; batch normalisation is taken to leave them. */
const passesErrors = new Set([...keepsZeros, 'Add', 'AddN', 'AddV2', 'Sub', 'FusedBatchNorm']);

const unknown: Origin = { isData: false, isTrained: false, relu: false, dropout: 0 };
const none: ReadonlySet<Fate> = new Set();
const both = (a: number, b: number) => a + b - a * b;

/**
 * @param data what the model is given.
 * @param trained ids of the trained variables.
 */
export function traceZeros(data: readonly tf.Tensor[], trained: Iterable<number>): ZeroTrace {
  const origins = new Map<number, Origin>();
  const becoming = new Map<number, Becoming>();
  for (const id of trained) origins.set(id, { ...unknown, isTrained: true });
  for (const { id } of data) origins.set(id, { ...unknown, isData: true });
  const originOf = ({ id }: tf.Tensor) => origins.get(id) ?? unknown;
  const becomingOf = ({ id }: tf.Tensor) => becoming.get(id) ?? { pending: none, rectified: none };
  return {
    originOf,
    follow(output) {
      const fate: Fate = { relu: false, other: false, dropout: 0 };
      becoming.set(output.id, { pending: new Set([fate]), rectified: none });
      return () => ({ relu: fate.relu && !fate.other, dropout: fate.dropout });
    },
    dropped(t, rate) {
      const origin = originOf(t);
      origins.set(t.id, { ...origin, dropout: both(origin.dropout, rate) });
      const { pending, rectified } = becomingOf(t);
      for (const fate of [...pending, ...rectified]) fate.dropout = both(fate.dropout, rate);
    },
    observe(name, node) {
      // Copies that tfjs saves go to the tape under the name of their scope: `relu__op`, `unnamed scope`.
      const op = /^[a-z]/.test(name) ? 'Identity' : name;
      const inputs = Object.values(node.inputs).filter((t) => t !== undefined);
      const from = inputs.map(originOf);
      const activations = from.filter(({ isData }) => isData);
      const keeps = keepsZeros.has(op) && activations.length > 0;
      const origin = {
        isData: activations.length > 0,
        isTrained: from.some(({ isTrained }) => isTrained),
        relu: rectifies.has(op) || (keeps && activations.every(({ relu }) => relu)),
        dropout: keeps || rectifies.has(op) ? Math.min(1, ...activations.map(({ dropout }) => dropout)) : 0,
      };
      for (const output of node.outputs) origins.set(output.id, origin);
      const pending = new Set(inputs.flatMap((t) => [...becomingOf(t).pending]));
      const rectified = new Set(inputs.flatMap((t) => [...becomingOf(t).rectified]));
      const isRelu = rectifies.has(op);
      const passes = passesErrors.has(op);
      for (const fate of pending) {
        fate.relu ||= isRelu;
        fate.other ||= !isRelu && !passes;
      }
      if (!isRelu && !passes) return;
      const next = isRelu ? { pending: none, rectified: pending } : { pending, rectified: keepsZeros.has(op) ? rectified : none };
      for (const output of node.outputs) becoming.set(output.id, next);
    },
  };
}
