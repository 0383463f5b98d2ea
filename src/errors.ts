/** What a {@link SparsityError} is made of: each part is one short sentence without a final stop. */
export interface SparsityErrorParts {
  /** The thing that is wrong, with its name: `pruning.sparsity`. */
  readonly what: string;
  /** The value that was found. */
  readonly got: unknown;
  /** What would have been right. */
  readonly expected: string;
  /** The way out. */
  readonly fix: string;
}

/**
 * The one error of this package: what is wrong, what was found, what was expected, and the way out.
 *
 * @example
 * ```ts
 * const error = new SparsityError({what: 'sparsity', got: 1.2, expected: 'a number in [0, 1)', fix: 'pass 0.9 for 90 %'});
 * error.message; // 'sparsity: got 1.2, expected a number in [0, 1). Pass 0.9 for 90 %.'
 * ```
 */
export class SparsityError extends Error {
  override readonly name = 'SparsityError';

  constructor(readonly parts: SparsityErrorParts) {
    super(`${parts.what}: got ${show(parts.got)}, expected ${parts.expected}. ${capital(parts.fix)}.`);
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return JSON.stringify(value) ?? String(value);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
