import type * as z from 'zod';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { checkSpec } from '../check-spec.js';
import type { AcceleratorSpec, Estimator } from '../contracts.js';
import { estimatorPresets } from './presets.js';
import { rooflineKind } from './roofline.js';
import { sparseLibraryKind } from './sparse-library.js';

/** A kind of estimator: how its specs are checked, and how a checked spec becomes a model. */
export interface EstimatorKind<Spec extends AcceleratorSpec = AcceleratorSpec> {
  readonly schema: z.ZodType<Spec>;
  build(spec: Spec): Estimator;
}

/** All kinds of estimators, by the `kind` of their specs. */
export const estimatorRegistry: Readonly<Record<string, EstimatorKind>> = {
  roofline: rooflineKind,
  sparseLibrary: sparseLibraryKind,
};

/**
 * Builds an estimator from its spec, or from the name of one of {@link estimatorPresets}. `createEstimator(estimator.spec)` builds it again.
 *
 * @throws SparsityError for an unknown name or kind (with the nearest ones), or naming the field that is wrong.
 * @example
 * ```ts
 * createEstimator('a100-fp16').estimateStep([]).seconds; // {low: 0, high: 0}
 * Object.keys(estimatorPresets)[0]; // 'a100-fp32'
 * ```
 */
export function createEstimator<Spec extends AcceleratorSpec>(spec: Spec | string): Estimator {
  if (typeof spec === 'string') return createEstimator(known(estimatorPresets, spec, 'estimator'));
  const { schema, build } = known(estimatorRegistry, spec?.kind, 'kind of estimator');
  return build(checkSpec(schema, spec, `estimator ${spec.name}`));
}

function known<T>(table: Readonly<Record<string, T>>, name: unknown, what: string): T {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name];
  const names = Object.keys(table);
  throw new SparsityError({ what, got: name, expected: names.join(', '), fix: nearest(String(name), names) });
}
