import { canonicalJson } from '../../callbacks/canonical-json.js';
import type { FinishedPoint } from './sweep-file.js';

/**
 * Each point once: of what several versions of this package found of the same settings and workload, the newest, as a report of both would
 * compare the versions; of one version, what was written last.
 */
export function newestPoints(points: readonly FinishedPoint[]): readonly FinishedPoint[] {
  const byId = new Map(points.map((point) => [point.id, point]));
  const newest = new Map<string, FinishedPoint>();
  for (const point of byId.values()) {
    const key = canonicalJson([point.settings, point.workload ?? null]);
    const other = newest.get(key);
    if (!other || compareVersions(point.version, other.version) >= 0) newest.set(key, point);
  }
  return [...newest.values()];
}

/** Below 0 where the first is the older one; the oldest files tell none. */
function compareVersions(first = '', second = ''): number {
  return first.localeCompare(second, 'en', { numeric: true });
}
