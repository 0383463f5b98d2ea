import { SparsityError } from '../errors.js';
import { type Accelerator, estimatorPresets, estimatorRegistry } from '../hw/index.js';

/**
 * Refuses what is no list of accelerators that a report can tell apart. Estimators are none: they tell bounds instead of counts, which add
 * up to no report of cycles.
 *
 * @param least how many there have to be.
 * @throws SparsityError naming the option.
 */
export function checkAccelerators(what: string, accelerators: readonly Accelerator[], least = 1): void {
  if (!Array.isArray(accelerators) || accelerators.some((entry) => typeof entry?.spec?.name !== 'string')) {
    const fix = "pass [acf(), denseArray()]; a name becomes an accelerator by createAccelerator('acf')";
    throw new SparsityError({ what, got: accelerators, expected: 'a list of accelerators', fix });
  }
  const names = accelerators.map(({ spec }) => spec.name);
  if (names.length < least || new Set(names).size < names.length) {
    throw new SparsityError({
      what,
      got: names.length === 0 ? 'none' : `names ${names.join(', ')}`,
      expected: 'one accelerator at least, all with different names',
      fix: "pass [acf(), denseArray()], or name two of a kind: acf({name: 'acf_large'})",
    });
  }
  const estimator = accelerators.find(({ spec }) => Object.hasOwn(estimatorRegistry, spec.kind));
  if (!estimator) return;
  const { name } = estimator.spec;
  const preset = Object.hasOwn(estimatorPresets, name) ? name : 'NAME, of a preset';
  const fix = `record the run, hardwareCost({accelerators: [], record: 'run.maps'}), then tfjs-sparsity compare --run run.maps -a ${preset}`;
  throw new SparsityError({ what, got: `the estimator ${name}`, expected: 'accelerators, which count cycles', fix });
}
