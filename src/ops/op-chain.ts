import * as tf from '@tensorflow/tfjs';
import { checkFirstDerivative } from './check-first-derivative.js';
import type { ForwardBackwardOp } from './forward-backward-op.js';
import { onHeap } from './lanes/on-heap.js';
import { type TapeNode, tapeEngine } from './tap/tape.js';

/** An op that has run forward. */
interface RecordedOp {
  readonly op: ForwardBackwardOp;
  readonly output: tf.Tensor;
  readonly saved: readonly tf.Tensor[];
}

/** Ops that are one node of the tape. */
interface Part {
  readonly ops: RecordedOp[];
  /** Those that somebody else sees. */
  readonly outputs: tf.Tensor[];
  /** What all its ops have saved. */
  readonly saved: tf.Tensor[];
}

/** Ops one after the other, on their way to the tape. */
class OpChain {
  private part = newPart();
  /** By the id of what it made. */
  private readonly partOf = new Map<number, Part>();

  run(op: ForwardBackwardOp): tf.Tensor {
    for (const input of Object.values(op.inputs)) if (this.partOf.get(input.id) !== this.part) this.show(input);
    const { ops, saved } = this.part;
    const first = saved.length;
    const save = (tensors: tf.Tensor[]) => void saved.push(...tensors.map(shareOf));
    const output = unrecorded(() => op.forward(save));
    ops.push({ op, output, saved: saved.slice(first) });
    this.partOf.set(output.id, this.part);
    return output;
  }

  /** Makes a tensor one that others than this chain's ops in a row may work with. */
  show(t: tf.Tensor): void {
    const part = this.partOf.get(t.id);
    if (part === this.part) this.close();
    if (part && !part.outputs.includes(t)) part.outputs.push(t);
  }

  /** Frees what nobody will differentiate. */
  abandon(): void {
    tf.dispose(this.part.saved);
  }

  private close(): void {
    const { part } = this;
    this.part = newPart();
    const engine = tapeEngine();
    // The list of outputs may still grow: it is read when the forward pass is over.
    engine.addTapeNode('opChain', inputsOf(part), part.outputs, undefined, part.saved);
    const node = engine.state.activeTape?.at(-1) as TapeNode;
    node.gradient = function (dys) {
      checkFirstDerivative((part.ops[0] as RecordedOp).op.name);
      const inputs = Object.entries(this.inputs);
      const gradients = backward(part, new Set(inputs.map(([, { id }]) => id)), dys);
      return Object.fromEntries(inputs.map(([name, { id, shape }]) => [name, () => gradients.get(id) ?? tf.zeros(shape)]));
    };
  }
}

let open: OpChain | undefined;

/** The chain that an op belongs to which runs now. */
export function openChain(): Pick<OpChain, 'run'> | undefined {
  return open;
}

/**
 * Runs `body`, whose ops are those of `forwardBackwardOp` on the wasm heap, so that they go to the tape as one: what tfjs does around an
 * op takes longer than many of them. Ops of tfjs itself stand in {@link withoutChain}. Inputs of ops that serve nobody get zeros for a
 * gradient. To be called where the tape is on.
 */
export function asOneOp(body: () => tf.Tensor): tf.Tensor {
  const outer = open;
  const chain = new OpChain();
  open = chain;
  try {
    const result = body();
    chain.show(result);
    return result;
  } finally {
    open = outer;
    chain.abandon();
  }
}

/** Runs ops that go to the tape by themselves, on tensors of the chain that is open. */
export function withoutChain<Result>(inputs: readonly tf.Tensor[], body: () => Result): Result {
  const chain = open;
  for (const input of inputs) chain?.show(input);
  open = undefined;
  try {
    return body();
  } finally {
    open = chain;
  }
}

function newPart(): Part {
  return { ops: [], outputs: [], saved: [] };
}

/** What its ops use and have not made, the first first. */
function inputsOf({ ops }: Part): Record<string, tf.Tensor> {
  const known = new Set<number>();
  const inputs: Record<string, tf.Tensor> = {};
  for (const [i, { op, output }] of ops.entries()) {
    for (const [name, input] of Object.entries(op.inputs)) {
      if (!known.has(input.id)) inputs[`${name} of ${i}`] = input;
      known.add(input.id);
    }
    known.add(output.id);
  }
  return inputs;
}

/** The same values as a tensor of its own, which stays when the other goes. */
function shareOf(t: tf.Tensor): tf.Tensor {
  return tf.keep(onHeap({ t }, (heap, inputs) => heap.share(inputs.t)));
}

/** Runs a forward pass as the inside of an op. */
function unrecorded<Result>(body: () => Result): Result {
  const { state } = tapeEngine();
  state.kernelDepth += 1;
  try {
    return body();
  } finally {
    state.kernelDepth -= 1;
  }
}

/** The gradients by the ids of tensors, of those among the inputs that are wanted. */
function backward(
  { ops, outputs }: Part,
  wanted: ReadonlySet<number>,
  dys: readonly tf.Tensor[],
): ReadonlyMap<number, tf.Tensor> {
  const reached = new Set(wanted);
  for (const { op, output } of ops) if (Object.values(op.inputs).some(({ id }) => reached.has(id))) reached.add(output.id);
  const given = new Set(dys);
  const gradients = new Map<number, tf.Tensor>();
  const add = (id: number, gradient: tf.Tensor) => {
    const before = gradients.get(id);
    gradients.set(id, before ? before.add(gradient) : gradient);
    if (!before) return;
    for (const part of [before, gradient]) if (!given.has(part)) part.dispose();
  };
  // tfjs gives none for an output that the loss does not hang on.
  for (const [i, { id }] of outputs.entries()) if (dys[i]) add(id, dys[i]);
  for (const { op, output, saved } of [...ops].reverse()) {
    const dy = gradients.get(output.id);
    if (!dy || !reached.has(output.id)) continue;
    const inputs = Object.entries(op.inputs).filter(([, { id }]) => reached.has(id));
    const found = tf.tidy(() => {
      const gradientOf = op.backward(dy, saved);
      return inputs.map(([name]) => (gradientOf[name] as () => tf.Tensor)());
    });
    for (const [i, [, { id }]] of inputs.entries()) add(id, found[i] as tf.Tensor);
    if (!given.has(dy)) dy.dispose();
  }
  return gradients;
}
