import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';

/** What an op was called with besides its tensors. */
export type OpAttrs = Readonly<Record<string, unknown>>;

/** A differentiable op on the tape of tfjs. */
export interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** Alive until the backward pass ends; inputs and outputs may be disposed before. */
  readonly saved: readonly tf.Tensor[];
  /**
   * Called in the backward pass as a method of a copy of the node whose `inputs` are those that depend on a trained variable; an input's
   * gradient is computed when its function is called.
   */
  gradient?: (this: TapeNode, dys: tf.Tensor[]) => Record<string, () => tf.Tensor>;
}

/** Sees each op right after it has been put on the tape; `tape` is another object in each training step. */
export type TapeObserver = (op: string, node: TapeNode, attrs: OpAttrs, tape: object) => void;

/** The parts of the engine that its types hide. */
interface TapeEngine {
  readonly state: { readonly activeTape?: TapeNode[] | null; readonly gradientDepth: number; kernelDepth: number };
  addTapeNode(
    op: string,
    inputs: TapeNode['inputs'],
    outputs: tf.Tensor[],
    gradient: unknown,
    saved: unknown,
    attrs?: OpAttrs,
  ): void;
  runKernel(kernel: string, inputs: TapeNode['inputs'], attrs?: OpAttrs): unknown;
}

/** Input that holds the kernel, of the ops that tfjs fuses: they come to the tape under another name and without attributes. */
const fusedKernels: Readonly<Record<string, string>> = {
  FusedConv2D: 'filter',
  FusedDepthwiseConv2D: 'filter',
  _FusedMatMul: 'b',
};

const observers = new Set<TapeObserver>();
let unhook: (() => void) | undefined;

/**
 * Calls `observer` for every op that goes to the tape, until the returned function is called. The engine is wrapped
 * while there are observers and as before when the last one leaves, in whatever order they leave.
 *
 * @throws SparsityError when the engine lacks what is wrapped.
 */
export function observeTape(observer: TapeObserver): () => void {
  unhook ??= hook(tapeEngine());
  observers.add(observer);
  return () => {
    observers.delete(observer);
    if (observers.size > 0) return;
    unhook?.();
    unhook = undefined;
  };
}

/** Runs ops that do not go to the tape, and frees what they make. Looks like a kernel that computes, to the engine. */
export function offTape(body: () => void): void {
  const { state } = tapeEngine();
  state.kernelDepth += 1;
  try {
    tf.tidy(body);
  } finally {
    state.kernelDepth -= 1;
  }
}

/** The engine of tfjs, as its types hide it. */
export function tapeEngine(): TapeEngine {
  const engine = tf.engine() as unknown as Partial<TapeEngine>;
  const missing = [
    typeof engine.addTapeNode === 'function' ? '' : 'addTapeNode',
    typeof engine.runKernel === 'function' ? '' : 'runKernel',
    typeof engine.state?.gradientDepth === 'number' ? '' : 'state.gradientDepth',
    typeof engine.state?.kernelDepth === 'number' ? '' : 'state.kernelDepth',
  ].filter((part) => part !== '');
  if (missing.length === 0) return engine as TapeEngine;
  throw new SparsityError({
    what: 'tensor tap',
    got: `an engine of tfjs ${tf.version['tfjs-core']} without ${missing.join(' and ')}`,
    expected: 'the engine of tfjs 4.22',
    fix: 'install @tensorflow/tfjs ~4.22.0',
  });
}

function hook(engine: TapeEngine): () => void {
  let active = true;
  let fused: { kernel: string; weights: tf.Tensor | undefined; attrs: OpAttrs } | undefined;
  const restore = [
    override(
      engine,
      'runKernel',
      (original) =>
        function (this: TapeEngine, kernel, inputs, attrs) {
          const input = fusedKernels[kernel];
          if (input && this.state.gradientDepth > 0) fused = { kernel, weights: inputs[input], attrs: attrs ?? {} };
          return original.call(this, kernel, inputs, attrs);
        },
    ),
    override(
      engine,
      'addTapeNode',
      (original) =>
        function (this: TapeEngine, op, inputs, outputs, gradient, saved, attrs) {
          original.call(this, op, inputs, outputs, gradient, saved, attrs);
          const tape = this.state.activeTape;
          const node = tape?.at(-1);
          if (!active || !tape || !node) return;
          if (fused && fused.weights === inputs[1]) {
            for (const observe of observers) observe(fused.kernel, node, fused.attrs, tape);
            fused = undefined;
          } else {
            for (const observe of observers) observe(op, node, attrs ?? {}, tape);
          }
        },
    ),
  ];
  return () => {
    active = false;
    // The last put on comes off first: V8 then keeps the engine a fast object.
    for (const put of restore.reverse()) put();
  };
}

/** Shadows a method; what is returned takes the shadow away, unless somebody else has wrapped it since. */
function override<Name extends 'addTapeNode' | 'runKernel'>(
  engine: TapeEngine,
  name: Name,
  wrap: (original: TapeEngine[Name]) => TapeEngine[Name],
): () => void {
  const before = Object.getOwnPropertyDescriptor(engine, name);
  const wrapper = wrap(engine[name]);
  engine[name] = wrapper;
  return () => {
    if (engine[name] !== wrapper) return;
    if (before) Object.defineProperty(engine, name, before);
    else delete (engine as Partial<TapeEngine>)[name];
  };
}
