/** A point by what is to be small. */
export type Objectives = readonly number[];

/**
 * Which points no other one beats: none is at most as large in all objectives and smaller in one. Equal points stay together. Points
 * with fewer objectives must not be mixed with others.
 */
export function paretoFront(points: readonly Objectives[]): readonly boolean[] {
  const order = points.map((_, i) => i).sort((a, b) => compare(points[a], points[b]));
  const onFront = points.map(() => false);
  const front: Objectives[] = [];
  // Whoever beats a point comes before it in this order.
  for (const i of order) {
    if (front.some((other) => beats(other, points[i]))) continue;
    front.push(points[i]);
    onFront[i] = true;
  }
  return onFront;
}

function beats(a: Objectives, b: Objectives): boolean {
  return a.every((value, i) => value <= b[i]) && a.some((value, i) => value < b[i]);
}

function compare(a: Objectives, b: Objectives): number {
  const first = a.findIndex((value, i) => value !== b[i]);
  return first < 0 ? 0 : a[first] - b[first];
}
