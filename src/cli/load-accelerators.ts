import { SparsityError } from '../errors.js';
import {
  type AcceleratorSpec,
  createAccelerator,
  createEstimator,
  estimatorPresets,
  parseAcceleratorSpec,
  presets,
} from '../hw/index.js';
import { nearest } from '../nearest.js';
import { readText } from './read-text.js';
import { isEstimated } from './simulation/estimates.js';

/** Names of presets, of estimators too. */
const known = [...Object.keys(presets), ...Object.keys(estimatorPresets)];

/**
 * The specs that a list names: presets, of estimators too, files (.yaml, .json), or `all` presets, joined by commas.
 *
 * @throws SparsityError for an unknown name (with the nearest), a spec file with file and line, and a name given twice.
 */
export async function loadAccelerators(list: string): Promise<AcceleratorSpec[]> {
  const names = list.split(',').flatMap((name) => (name === 'all' ? known : [name.trim()]));
  const specs = await Promise.all([...new Set(names)].map(loadSpec));
  checkDistinct(specs);
  return specs;
}

/** The accelerators, with the dense array in front unless one of them already is what is wanted to stand beside. */
export function withDenseArray(specs: AcceleratorSpec[], isEnough: (spec: AcceleratorSpec) => boolean): AcceleratorSpec[] {
  const all = specs.some(isEnough) ? specs : [createAccelerator('dense-array').spec, ...specs];
  checkDistinct(all);
  return all;
}

/**
 * Refuses accelerators that a report could not tell apart.
 *
 * @throws SparsityError naming the first one.
 */
function checkDistinct(specs: readonly AcceleratorSpec[]): void {
  const labels = specs.map(({ name }) => name);
  const twice = labels.find((name, i) => labels.indexOf(name) < i);
  if (twice !== undefined) {
    const fix = 'change name: in the spec file';
    throw new SparsityError({ what: '--accelerators', got: `${twice} twice`, expected: 'different names', fix });
  }
}

async function loadSpec(name: string): Promise<AcceleratorSpec> {
  const isFile = /\.(ya?ml|json)$/.test(name);
  if (!isFile && !known.includes(name)) {
    const expected = `a spec file (.yaml, .json), or one of ${known.join(', ')}`;
    throw new SparsityError({ what: 'accelerator', got: name, expected, fix: nearest(name, known) });
  }
  const spec = isFile ? parseAcceleratorSpec(await readText(name), name) : { ...presets, ...estimatorPresets }[name];
  return isEstimated(spec) ? createEstimator(spec).spec : createAccelerator(spec).spec;
}
