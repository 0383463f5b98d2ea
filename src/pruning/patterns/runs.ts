import { SparsityError } from '../../errors.js';
import type { AxisRuns } from '../../kernels/index.js';
import { nearest } from '../../nearest.js';
import type { KernelInfo } from '../contracts.js';

/**
 * An axis by its part in the forward pass (`input` is what it reduces over), or by number; negative numbers count from the end.
 */
export type AxisName = 'input' | 'output' | number;

/**
 * The axis along which groups lie: an {@link AxisName}, or `window`, the positions of a convolution's window row by row as one axis,
 * which is what a depthwise convolution reduces over. The window of a dense kernel is one position.
 */
export type GroupAxis = AxisName | 'window';

/**
 * A kernel cut into runs of `width` along one axis: elements lie at `(o * length + a) * inner + i`, a run takes `width` values of `a`
 * for one `o` and one `i`; the last run of an axis is shorter where `width` does not divide `length`. Runs are numbered in the order
 * (o, run, i).
 */
export type Runs = AxisRuns;

/**
 * The number of an axis of a kernel.
 *
 * @throws SparsityError for an axis that the kernel lacks.
 */
export function axisNumber(info: KernelInfo, axis: AxisName): number {
  return numberOf(info, axis, ['input', 'output']);
}

/** Refuses what can be no axis of any kernel. */
export function checkAxis(axis: GroupAxis, names: readonly string[] = ['input', 'output', 'window']): void {
  if (typeof axis === 'string' ? names.includes(axis) : Number.isInteger(axis)) return;
  const expected = `${names.join(', ')} or the number of an axis`;
  throw new SparsityError({ what: 'axis', got: axis, expected, fix: nearest(String(axis), names) });
}

/** The runs along an axis of a kernel. */
export function runsAlong(info: KernelInfo, axis: GroupAxis, width: number): Runs {
  const product = (from: number, to: number) => info.shape.slice(from, to).reduce((size, next) => size * next, 1);
  const rank = info.shape.length;
  if (axis === 'window') return { outer: 1, length: product(0, info.inputAxis), inner: product(info.inputAxis, rank), width };
  const at = numberOf(info, axis, ['input', 'output', 'window']);
  return { outer: product(0, at), length: info.shape[at], inner: product(at + 1, rank), width };
}

function numberOf({ name, shape, inputAxis, outputAxis }: KernelInfo, axis: AxisName, names: readonly string[]): number {
  const named = axis === 'input' ? inputAxis : axis === 'output' ? outputAxis : axis;
  const at = named < 0 ? named + shape.length : named;
  if (shape[at] !== undefined) return at;
  throw new SparsityError({
    what: `axis of ${name}`,
    got: axis,
    expected: `${names.join(', ')} or an integer from ${-shape.length} to ${shape.length - 1}`,
    fix: typeof axis === 'string' ? nearest(axis, names) : `the kernel has ${shape.length} axes`,
  });
}

/** The runs that are whole reduction vectors: all weights of one output. */
export function outputRows({ name, kind, shape, outputAxis }: KernelInfo): Runs {
  const outputs = kind === 'depthwiseConv2d' ? shape.slice(-2).reduce((size, next) => size * next, 1) : shape[outputAxis];
  const length = shape.reduce((size, next) => size * next, 1) / outputs;
  if (outputAxis === shape.length - 1) return { outer: 1, length, inner: outputs, width: length };
  if (outputAxis === 0) return { outer: outputs, length, inner: 1, width: length };
  throw new SparsityError({
    what: `output axis of ${name}`,
    got: outputAxis,
    expected: 'the first or the last axis, so that the weights of an output are a run',
    fix: "take blocks along an axis instead: {kind: 'lanes', axis, width}",
  });
}

/** Number of runs. */
export function runCount({ outer, length, inner, width }: Runs): number {
  return outer * Math.ceil(length / width) * inner;
}

/** Calls `visit` for each run in order: its number, the index of its first element (the next is `inner` further), and its size. */
export function forEachRun(runs: Runs, visit: (run: number, first: number, size: number) => void): void {
  const { outer, length, inner, width } = runs;
  let run = 0;
  for (let o = 0; o < outer; o++) {
    for (let start = 0; start < length; start += width) {
      const size = Math.min(width, length - start);
      const base = (o * length + start) * inner;
      for (let i = 0; i < inner; i++) visit(run++, base + i, size);
    }
  }
}
