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
  /** Of the second activation of a product of two, K of Q K^T and V of P V. @default 0 */
  readonly second?: DeclaredSparsity;
}

/** Densities of the tensors of a layer; W of a product of activations is the second of them. */
export function layerDensities(
  layer: NetworkLayer,
  { W, A, E, second = 0 }: SyntheticSparsity,
): { W: number; A: number; E: number } {
  const errors = E ?? A;
  const [role, kernel] = layer.kind === 'attention' ? ['second', second] : ['W', W];
  return {
    W: typeof kernel === 'number' ? 1 - kernel : called(role, kernel, layer),
    A: typeof A === 'number' ? behind(layer.input, A) : called('A', A, layer),
    E: typeof errors === 'number' ? behind(layer.output, errors) : called('E', errors, layer),
  };
}

/** Refuses what is no share of zeros, before any map is drawn. */
export function checkSparsity(sparsity: SyntheticSparsity): void {
  for (const role of ['W', 'A', 'E', 'second'] as const) {
    const value = sparsity?.[role];
    const isDefault = value === undefined && (role === 'second' || (role === 'E' && typeof sparsity.A === 'number'));
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
