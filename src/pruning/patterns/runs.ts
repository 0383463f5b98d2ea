import { SparsityError } from '../../errors.js';
import type { AxisRuns } from '../../kernels/index.js';
import { nearest } from '../../nearest.js';
import type { KernelInfo } from '../contracts.js';
import { sizeFromShape } from '../size-from-shape.js';

/**
 * An axis by its part in the forward pass (`input` is what it reduces over), or by number; negative numbers count from the end.
 */
export type AxisName = 'input' | 'output' | number;

/**
 * The axis along which groups lie: an {@link AxisName}, or `window`, the positions of a convolution's window row by row as one axis,
 * which is what a depthwise convolution reduces over. The window of a dense kernel is one position. Its axes, all but those of the channels,
 * have to be neighbours.
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
export function checkAxis(axis: GroupAxis, names: readonly string[] = ['input', 'output', 'window'], what = 'axis'): void {
  if (typeof axis === 'string' ? names.includes(axis) : Number.isInteger(axis)) return;
  const expected = `${names.join(', ')} or the number of an axis`;
  throw new SparsityError({ what, got: axis, expected, fix: nearest(String(axis), names) });
}

/**
 * The runs along an axis of a kernel.
 *
 * @throws SparsityError for an axis that the kernel lacks, or a window whose axes are no neighbours.
 */
export function runsAlong(info: KernelInfo, axis: GroupAxis, width: number): Runs {
  const [from, to] = axis === 'window' ? windowOf(info) : rangeOf(numberOf(info, axis, ['input', 'output', 'window']));
  const [outer, length, inner] = cut(info.shape, from, to);
  return { outer, length, inner, width };
}

/** Elements of the axes before `from`, from there up to `to`, and from `to` on. */
function cut(shape: readonly number[], from: number, to: number): [before: number, between: number, behind: number] {
  return [sizeFromShape(shape.slice(0, from)), sizeFromShape(shape.slice(from, to)), sizeFromShape(shape.slice(to))];
}

function rangeOf(axis: number): [from: number, to: number] {
  return [axis, axis + 1];
}

/** The axes of the window, which stand together: before, between or behind those of the channels. */
function windowOf({ name, shape, inputAxis, outputAxis }: KernelInfo): [from: number, to: number] {
  const axes = shape.flatMap((_, axis) => (axis === inputAxis || axis === outputAxis ? [] : [axis]));
  const [from = 0, last = -1] = [axes[0], axes.at(-1)];
  if (last - from < axes.length) return [from, last + 1];
  throw new SparsityError({
    what: `window of ${name}`,
    got: `axes ${axes.join(' and ')}, between which channels lie`,
    expected: 'axes that are neighbours',
    fix: 'name another axis, or exclude the layer',
  });
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

/**
 * The runs that are whole reduction vectors: all weights of one output; each pair of a channel and a multiplier is one of a depthwise kernel.
 *
 * @throws SparsityError for outputs with other axes before and behind them: the weights of one are no run then.
 */
export function outputRows({ name, kind, shape, inputAxis, outputAxis }: KernelInfo): Runs {
  const first = kind === 'depthwiseConv2d' ? Math.min(inputAxis, outputAxis) : outputAxis;
  const [before, outputs, behind] = cut(shape, first, outputAxis + 1);
  const length = before * behind;
  if (behind === 1) return { outer: 1, length, inner: outputs, width: length };
  if (before === 1) return { outer: outputs, length, inner: 1, width: length };
  throw new SparsityError({
    what: `output axis of ${name}`,
    got: outputAxis,
    expected: 'the first or the last axis, so that the weights of an output are a run',
    fix: `take blocks along an axis, such as {kind: 'lanes', width: 16}, or exclude ${name}`,
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
