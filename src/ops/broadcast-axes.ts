/** An axis along which two operands are walked together. */
export interface BroadcastAxis {
  readonly length: number;
  /** Elements that each operand moves on by along it; 0 where it is broadcast. */
  readonly steps: readonly [a: number, b: number];
}

/**
 * The axes of the result of two shapes that broadcast, from the outermost, as few as there can be: axes of length 1 are left out, and
 * neighbours along which both operands move as along one are one.
 */
export function broadcastAxes(a: readonly number[], b: readonly number[]): BroadcastAxis[] {
  const axes: BroadcastAxis[] = [];
  let [aSize, bSize] = [1, 1];
  for (let fromEnd = 1; fromEnd <= Math.max(a.length, b.length); fromEnd++) {
    const [aLength, bLength] = [a.at(-fromEnd) ?? 1, b.at(-fromEnd) ?? 1];
    const length = aLength === 1 ? bLength : aLength;
    if (length === 1) continue;
    const steps = [aLength === 1 ? 0 : aSize, bLength === 1 ? 0 : bSize] as const;
    aSize *= aLength;
    bSize *= bLength;
    const inner = axes[0];
    if (inner && steps.every((step, i) => step === (inner.steps[i] as number) * inner.length)) {
      axes[0] = { length: length * inner.length, steps: inner.steps };
    } else {
      axes.unshift({ length, steps });
    }
  }
  return axes;
}
