import { SparsityError } from '../errors.js';
import {
  type AcceleratorSpec,
  createAccelerator,
  createEstimator,
  estimatorPresets,
  parseAcceleratorSpec,
  presets,
} from '../hw/index.js';
import { readText } from './read-text.js';

/**
 * The specs that a list names: presets, of estimators too, files (.yaml, .json), or `all` presets, joined by commas.
 *
 * @throws SparsityError for an unknown name (with the nearest), a spec file with file and line, and a name given twice.
 */
export async function loadAccelerators(list: string): Promise<AcceleratorSpec[]> {
  const names = list
    .split(',')
    .flatMap((name) => (name === 'all' ? [...Object.keys(presets), ...Object.keys(estimatorPresets)] : [name.trim()]));
  const specs = await Promise.all([...new Set(names)].map(loadSpec));
  checkNames(specs);
  return specs;
}

/**
 * Refuses accelerators that a report could not tell apart.
 *
 * @throws SparsityError naming the first one.
 */
export function checkNames(specs: readonly AcceleratorSpec[]): void {
  const labels = specs.map(({ name }) => name);
  const twice = labels.find((name, i) => labels.indexOf(name) < i);
  if (twice !== undefined) {
    const fix = 'change name: in the spec file';
    throw new SparsityError({ what: '--accelerators', got: `${twice} twice`, expected: 'different names', fix });
  }
}

async function loadSpec(name: string): Promise<AcceleratorSpec> {
  if (Object.hasOwn(estimatorPresets, name)) return createEstimator(name).spec;
  if (!/\.(ya?ml|json)$/.test(name)) return createAccelerator(name).spec;
  return createAccelerator(parseAcceleratorSpec(await readText(name), name)).spec;
}
