/** Where values lie on an axis: round steps from `from` to `to`. */
export interface Axis {
  readonly ticks: readonly number[];
  /** 0 at the beginning of the axis, 1 at its end. */
  place(value: number): number;
}

/** An axis of about five round steps that holds all values. */
export function axisOf(values: readonly number[], fromZero: boolean): Axis {
  // Folded, since a call takes fewer arguments than a sweep has points.
  const low = values.reduce((least, value) => Math.min(least, value), fromZero ? 0 : Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), fromZero ? 0 : Number.NEGATIVE_INFINITY);
  const step = roundStep((high - low || Math.abs(high) || 1) / 5);
  // Shares that add up to 1 add up to a little more.
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { ticks, place: (value) => (value / step - first) / (last - first) };
}

/** The least of 1, 2 or 5 times a power of ten that is not below the size. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= size * (1 - 1e-9)) ?? 10;
  return factor * power;
}
