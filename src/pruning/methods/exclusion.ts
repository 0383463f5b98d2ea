import type { KernelInfo } from '../contracts.js';

/** Layers that a method leaves dense. */
export interface ExclusionOptions {
  /**
   * Names of layers that stay dense.
   * @default none
   */
  readonly exclude?: readonly string[];
}

/** The reason why a kernel is excluded by name, or undefined. */
export function exclusion({ exclude = [] }: ExclusionOptions): (info: KernelInfo) => string | undefined {
  return ({ name }) => (exclude.includes(name) ? 'excluded by name' : undefined);
}
