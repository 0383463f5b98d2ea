import { SparsityError } from '../../errors.js';
import { createAccelerator } from '../../hw/index.js';
import { createRng } from '../../rng.js';
import type { Task } from '../run/task.js';
import { version } from '../version.js';
import { checkWorkload } from '../workload/workload.js';
import type { Setting } from './setting-values.js';
import type { Design, Dimension, SweepPlan } from './sweep-plan.js';
import { digest, WorkloadDigests } from './workload-digests.js';

/** A point of a sweep: what varies, and what is to be run; or why it cannot be. */
export interface SweepPoint {
  /** Names the content: the same point of another sweep has the same. */
  readonly id: string;
  readonly settings: Readonly<Record<string, Setting>>;
  /** Settings of the workload that were not given. */
  readonly defaults: Readonly<Record<string, Setting>>;
  /** What the files of the workload hold and lack, a line each. */
  readonly notes: readonly string[];
  /** Names the content of the workload, its files included. */
  readonly workload: string;
  /** Of this package. */
  readonly version: string;
  readonly task: Task | { readonly error: string };
}

/** More would not fit into memory; a random search takes some of them. */
const mostPoints = 1_000_000;
/** Random integers have 32 bits. */
const mostCombinations = 2 ** 32;

type Settings = Readonly<Record<string, Setting>>;

/**
 * The points of a plan, each once, workload by workload, so that neighbours share their maps. A random search draws among them without
 * putting back; the same seed draws the same.
 *
 * @throws SparsityError when a random search asks for more points than there are, or the sweep has more than a million.
 */
export async function sweepPoints({ search, points, searchSeed, workload, designs }: SweepPlan): Promise<SweepPoint[]> {
  const sizes = designs.map(({ dimensions }) => combinations(dimensions));
  const perWorkload = sizes.reduce((sum, size) => sum + size, 0);
  const all = combinations(workload) * perWorkload;
  if (search === 'random' && (points as number) > all) {
    const fix = `write points: ${all}, or search: grid`;
    throw new SparsityError({ what: 'points of a random search', got: points, expected: `at most ${all}, all there are`, fix });
  }
  if (search === 'random' && all > mostCombinations) {
    const fix = 'vary less: a draw among more would miss most of them';
    throw new SparsityError({ what: 'combinations of a random search', got: all, expected: `at most ${mostCombinations}`, fix });
  }
  const count = search === 'random' ? (points as number) : all;
  if (count > mostPoints) {
    const fix = 'vary less, or draw some points: search: random';
    throw new SparsityError({ what: 'points of the sweep', got: count, expected: `at most ${mostPoints}`, fix });
  }
  const indices = search === 'random' ? drawIndices(all, count, searchSeed) : Array.from({ length: all }, (_, i) => i);
  const digests = new WorkloadDigests();
  const made = new Map<string, SweepPoint>();
  // One after the other: networks of many points at once would not fit into memory.
  for (const index of indices) {
    const conditions = settingsAt(workload, Math.floor(index / perWorkload));
    let [design, rest] = [0, index % perWorkload];
    while (rest >= sizes[design]) rest -= sizes[design++];
    const point = await makePoint(conditions, designs[design], settingsAt(designs[design].dimensions, rest), digests);
    made.set(point.id, point);
  }
  return [...made.values()];
}

async function makePoint(
  conditions: Settings,
  { base }: Design,
  fields: Settings,
  digests: WorkloadDigests,
): Promise<SweepPoint> {
  const spec = { ...base, ...fields } as { kind: string; name: string };
  const settings = { ...conditions, accelerator: spec.name, ...fields };
  const workload = checkWorkload(conditions, (field) => field);
  const filledIn = Object.entries(workload as Settings).filter(([name]) => !Object.hasOwn(conditions, name));
  const { digest: files, recordBytes, notes } = await digests.contentOf(workload);
  const content = [version, workload, files];
  const labels = { settings, defaults: Object.fromEntries(filledIn), notes, workload: await digests.of(workload), version };
  try {
    const checked = createAccelerator(spec).spec;
    const { sources: _, ...constants } = checked as typeof checked & { sources?: unknown };
    return { id: digest([...content, constants]), ...labels, task: { workload, spec: checked, recordBytes } };
  } catch (error) {
    if (!(error instanceof SparsityError)) throw error;
    return { id: digest([...content, spec]), ...labels, task: { error: error.message } };
  }
}

function combinations(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((product, { values }) => product * values.length, 1);
}

/** The last dimension varies fastest. */
function settingsAt(dimensions: readonly Dimension[], index: number): Settings {
  const settings: [string, Setting][] = [];
  let rest = index;
  for (const { name, values } of dimensions.toReversed()) {
    settings.push([name, values[rest % values.length]]);
    rest = Math.floor(rest / values.length);
  }
  return Object.fromEntries(settings.reverse());
}

/** Different numbers below `all`, in their order: Floyd's draw without putting back. */
function drawIndices(all: number, count: number, seed: number): number[] {
  const rng = createRng(`${seed}/sweep`);
  const drawn = new Set<number>();
  for (let last = all - count; last < all; last++) {
    const index = rng.integer(last + 1);
    drawn.add(drawn.has(index) ? last : index);
  }
  return [...drawn].sort((a, b) => a - b);
}
