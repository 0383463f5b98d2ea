import { SparsityError } from '../../errors.js';
import type { KernelInfo } from '../contracts.js';
import { namePattern } from '../name-pattern.js';

/** Layers that a method leaves dense. */
export interface ExclusionOptions {
  /**
   * Names of layers that stay dense; `*` in a name stands for any text, and text between slashes is a regular expression.
   * @default none
   */
  readonly exclude?: readonly string[];
}

/**
 * The reason why a kernel is excluded by name, or undefined.
 *
 * @throws SparsityError for what is no list of names.
 */
export function exclusion({ exclude = [] }: ExclusionOptions): (info: KernelInfo) => string | undefined {
  if (!Array.isArray(exclude)) {
    const fix = "write a list, also for one: ['conv1']";
    throw new SparsityError({ what: 'exclude', got: exclude, expected: 'a list of names of layers', fix });
  }
  const patterns = exclude.map((name: string) => namePattern(name, 'exclude'));
  return ({ name }) => (patterns.some(({ test }) => test(name)) ? 'excluded by name' : undefined);
}
