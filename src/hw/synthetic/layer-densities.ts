import { SparsityError } from '../../errors.js';
import type { Activation, NetworkLayer } from '../networks/contracts.js';

/** Share of zeros in [0, 1], or how to tell it from the layer. */
export type DeclaredSparsity = number | ((layer: NetworkLayer) => number);

/** Declared zeros of {@link syntheticRecords}. */
export interface SyntheticSparsity {
  /** Of the weights of every layer; G has the same zeros. */
  readonly W: DeclaredSparsity;
  /**
   * Of activations. A number is what a ReLU leaves: it holds where the layer's input comes out of one, other inputs have no zeros, and a
   * dropout before the layer adds its own. A function says it all for each layer.
   */
  readonly A: DeclaredSparsity;
  /**
   * Of errors. A number holds where the layer's output goes into a ReLU, other errors have no zeros but those of a dropout. A function
   * says it all. @default the number of A; needed where A is a function
   */
  readonly E?: DeclaredSparsity;
}

/** Densities of the tensors of a layer. */
export function layerDensities(layer: NetworkLayer, { W, A, E }: SyntheticSparsity): { W: number; A: number; E: number } {
  const errors = E ?? A;
  return {
    W: typeof W === 'number' ? 1 - W : called('W', W, layer),
    A: typeof A === 'number' ? behind(layer.input, A) : called('A', A, layer),
    E: typeof errors === 'number' ? behind(layer.output, errors) : called('E', errors, layer),
  };
}

/** Refuses what is no share of zeros, before any map is drawn. */
export function checkSparsity(sparsity: SyntheticSparsity): void {
  for (const role of ['W', 'A', 'E'] as const) {
    const value = sparsity?.[role];
    const isDefault = role === 'E' && value === undefined && typeof sparsity.A === 'number';
    if (!isDefault && typeof value !== 'function') share(`sparsity.${role}`, value);
  }
}

function behind({ relu, dropout }: Activation, reluSparsity: number): number {
  return (relu ? 1 - reluSparsity : 1) * (1 - dropout);
}

function called(role: string, sparsity: (layer: NetworkLayer) => number, layer: NetworkLayer): number {
  return 1 - share(`sparsity.${role} of layer ${layer.name}`, sparsity(layer));
}

function share(what: string, got: unknown): number {
  if (typeof got === 'number' && got >= 0 && got <= 1) return got;
  const fix = 'pass 0.9 for 90 % zeros';
  throw new SparsityError({ what, got, expected: 'a number in [0, 1], or a function of the layer', fix });
}
