import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { checkSpec, withSources } from './check-spec.js';
import type { Accelerator, AcceleratorSpec } from './contracts.js';
import { estimatorRegistry } from './gpu/estimators.js';
import { estimatorPresets } from './gpu/presets.js';
import { checkYaml, locateYaml } from './located-yaml.js';
import { presets } from './presets.js';
import { registry } from './registry.js';

/**
 * Builds an accelerator from its spec, or from the name of a preset. `createAccelerator(accelerator.spec)` builds it again.
 *
 * @throws SparsityError for an unknown name or kind (with the nearest ones), or naming the field that is wrong.
 * @example
 * ```ts
 * createAccelerator('dense-array').spec.kind; // 'denseArray'
 * createAccelerator({kind: 'denseArray', name: 'small', rows: 8, cols: 8});
 * ```
 */
export function createAccelerator<Spec extends AcceleratorSpec>(spec: Spec | string): Accelerator {
  if (typeof spec !== 'string') {
    const { schema, build } = kindOf(registry, spec?.kind, 'kind of accelerator');
    return build(checkSpec(schema, spec, `accelerator ${spec.name}`));
  }
  if (!Object.hasOwn(presets, spec)) {
    const names = Object.keys(presets);
    throw new SparsityError({
      what: 'accelerator',
      got: spec,
      expected: names.join(', '),
      fix: wayOut(spec, names, estimatorPresets),
    });
  }
  return createAccelerator(presets[spec]);
}

/**
 * Reads the spec of an accelerator, or of an estimator, from YAML or JSON text and fills in its defaults.
 *
 * @param fileName named in errors.
 * @throws SparsityError with file, line, column, field and a way out.
 * @example
 * ```ts
 * createAccelerator(parseAcceleratorSpec('{kind: denseArray, name: small, rows: 8}', 'small.yaml'));
 * ```
 */
export function parseAcceleratorSpec(text: string, fileName: string): AcceleratorSpec {
  const yaml = locateYaml(text, fileName, { what: 'the fields of an accelerator', begin: 'kind: denseArray' });
  const { kind } = yaml.value as Partial<AcceleratorSpec>;
  const { schema } = kindOf({ ...registry, ...estimatorRegistry }, kind, `${yaml.place(['kind'])} kind`);
  return withSources(checkYaml(schema, yaml));
}

function kindOf<Kind>(kinds: Readonly<Record<string, Kind>>, kind: unknown, what: string): Kind {
  const names = Object.keys(kinds);
  if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) return kinds[kind];
  const fix = typeof kind === 'string' ? wayOut(kind, names, estimatorRegistry) : `write kind: ${names[0]}`;
  throw new SparsityError({ what, got: kind, expected: names.join(', '), fix });
}

/** The nearest names; of an estimator, who makes it. */
function wayOut(name: string, names: readonly string[], estimators: object): string {
  return Object.hasOwn(estimators, name) ? 'make an estimator by createEstimator' : nearest(name, names);
}
