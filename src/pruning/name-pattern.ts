import { SparsityError } from '../errors.js';

/**
 * What a name of layers in plain data stands for: a plain name for itself, `*` in it for any text, and text between slashes for a regular
 * expression: `conv1`, `block*_conv`, `/^conv[12]$/`.
 *
 * @param what the name's place, for the message.
 * @returns a test of a name; `plain` says that only the name itself passes.
 * @throws SparsityError for what is no text, and for a regular expression that is none.
 */
export function namePattern(pattern: string, what: string): { readonly plain: boolean; test(name: string): boolean } {
  if (typeof pattern !== 'string') {
    const fix = 'write the name of a layer, with * for any text';
    throw new SparsityError({ what, got: pattern, expected: 'the name of a layer', fix });
  }
  const inner = /^\/(.+)\/$/.exec(pattern)?.[1];
  if (inner === undefined && !pattern.includes('*')) return { plain: true, test: (name) => name === pattern };
  const texts = pattern.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = inner === undefined ? new RegExp(`^${texts.join('.*')}$`) : expressionOf(inner, pattern, what);
  return { plain: false, test: (name) => expression.test(name) };
}

function expressionOf(inner: string, pattern: string, what: string): RegExp {
  try {
    return new RegExp(inner);
  } catch (error) {
    const fix = 'check its brackets and escapes, or write a name with * for any text';
    throw new SparsityError({ what, got: `${pattern} (${(error as Error).message})`, expected: 'a regular expression', fix });
  }
}
