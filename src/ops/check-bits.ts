import { SparsityError } from '../errors.js';

/**
 * A mask of a pattern of one's own may be anything.
 *
 * @throws SparsityError for what is no Uint8Array of 0 and 1.
 */
export function checkBits(mask: Uint8Array, layer: string): void {
  const wrong = mask instanceof Uint8Array ? firstAboveOne(mask) : (Object(mask) as object).constructor.name;
  if (wrong === undefined) return;
  const expected = 'a Uint8Array of 0 and 1';
  throw new SparsityError({
    what: `mask of layer ${layer}`,
    got: wrong,
    expected,
    fix: 'have the pattern give 1 for what it keeps',
  });
}

/** A loop, since masks of some methods are made anew at every step. */
function firstAboveOne(mask: Uint8Array): number | undefined {
  for (let i = 0; i < mask.length; i++) if ((mask[i] as number) > 1) return mask[i];
  return undefined;
}
