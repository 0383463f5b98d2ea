import type * as z from 'zod';
import { acfKind } from './acf/acf.js';
import { balancedKind } from './balanced/balanced.js';
import { scnn001Kind } from './balanced/scnn001.js';
import { sigma001Kind } from './balanced/sigma001.js';
import { sparseTrain001Kind } from './balanced/sparse-train001.js';
import type { Accelerator, AcceleratorSpec } from './contracts.js';
import { denseArrayKind } from './dense-array.js';
import type { DeclaredAreas } from './metrics/component-area.js';
import { procrustesKind } from './procrustes/procrustes.js';
import { satKind } from './sat/sat.js';
import { scnnKind } from './scnn/scnn.js';
import { dadiannaoKind } from './tactical/dadiannao.js';
import { tacticalKind } from './tactical/tactical.js';
import { tensorDashKind } from './tensordash/tensor-dash.js';

/** Resources that every kind has in other fields of its specs. */
export interface OwnResources {
  /** Multipliers. */
  readonly units: number;
  /** On-chip buffers in KB; accumulators, queues and registers not counted. */
  readonly sramKb: number;
  /** Width of a value in memory. */
  readonly valueBits: number;
}

/** A kind of accelerator: how its specs are checked, and how a checked spec becomes a model. */
export interface AcceleratorKind<Spec extends AcceleratorSpec = AcceleratorSpec> {
  readonly schema: z.ZodType<Spec>;
  build(spec: Spec): Accelerator;
  resources(spec: Spec): OwnResources;
  /** The components of its area, where the kind declares them for such a spec. */
  areas?(spec: Spec): DeclaredAreas | undefined;
}

/** All kinds of accelerators, by the `kind` of their specs. */
export const registry: Readonly<Record<string, AcceleratorKind>> = {
  acf: acfKind,
  denseArray: denseArrayKind,
  balanced: balancedKind,
  scnn001: scnn001Kind,
  sigma001: sigma001Kind,
  sparseTrain001: sparseTrain001Kind,
  scnn: scnnKind,
  sat: satKind,
  tensorDash: tensorDashKind,
  procrustes: procrustesKind,
  dadiannao: dadiannaoKind,
  tactical: tacticalKind,
};
