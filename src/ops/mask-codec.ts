import { SparsityError } from '../errors.js';
import type { LayerMasks } from '../pruning/contracts.js';

/**
 * Masks as JSON: a bit map in lower-case hexadecimal (bit `i & 7` of byte `i >> 3` is weight i), `'forward'` for the same as the forward
 * mask, `null` for all ones. Hexadecimal because tfjs changes the case of every other string of a layer's config.
 */
export interface EncodedMasks {
  readonly forward: string | null;
  readonly backward: string | null;
  readonly gradient: string | null;
}

/** Writes masks as JSON. */
export function encodeMasks({ forward, backward, gradient }: LayerMasks): EncodedMasks {
  const derived = (mask: Uint8Array | null) => (mask && mask === forward ? 'forward' : encode(mask));
  return { forward: encode(forward), backward: derived(backward), gradient: derived(gradient) };
}

/**
 * Reads what {@link encodeMasks} wrote.
 *
 * @throws SparsityError when a bit map is not one of `size` weights.
 */
export function decodeMasks(encoded: EncodedMasks, size: number, layer: string): LayerMasks {
  const forward = decode(encoded.forward, size, layer);
  const derived = (text: string | null) => (text === 'forward' ? forward : decode(text, size, layer));
  return { forward, backward: derived(encoded.backward), gradient: derived(encoded.gradient) };
}

function encode(mask: Uint8Array | null): string | null {
  if (!mask) return null;
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i]) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function decode(text: string | null, size: number, layer: string): Uint8Array | null {
  if (text === null) return null;
  if (text.length !== Math.ceil(size / 8) * 2 || !/^[0-9a-f]*$/.test(text)) {
    throw new SparsityError({
      what: `mask of layer ${layer}`,
      got: `${text.length} characters, ${text.slice(0, 16)}...`,
      expected: `${Math.ceil(size / 8) * 2} hexadecimal digits for ${size} weights`,
      fix: 'load a file that was saved from the same architecture',
    });
  }
  return Uint8Array.from(
    { length: size },
    (_, i) => (Number.parseInt(text[(i >> 3) * 2 + (i & 4 ? 0 : 1)] as string, 16) >> (i & 3)) & 1,
  );
}
