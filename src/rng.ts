/** A seeded source of randomness whose state can be stored and put back. */
export interface Rng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal (Box-Muller; draws two uniforms per call, so that the state is just the generator's). */
  normal(): number;
  /** Integer in [0, bound). */
  integer(bound: number): number;
  /** Seeded Fisher-Yates permutation of 0 .. length - 1. */
  permutation(length: number): Uint32Array;
  /** An independent generator, derived from this generator's seed (not its state) and a name. */
  fork(name: string): Rng;
  /** The state, four 32-bit words, as plain data. */
  state(): readonly number[];
  /** Puts back what {@link Rng.state} gave. */
  restore(state: readonly number[]): void;
}

/**
 * Creates the package's only random generator: sfc32 (Doty-Humphrey's small fast counter), seeded by a 128-bit string hash.
 * The same seed gives the same numbers on every platform.
 *
 * @param seed any string or number.
 * @example
 * ```ts
 * const rng = createRng(7);
 * rng.fork('data').permutation(4).length; // 4
 * ```
 */
export function createRng(seed: string | number): Rng {
  const name = String(seed);
  let [a, b, c, d] = hash128(name);
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next(); // sfc32 wants a dozen rounds to mix its seed
  const uniform = () => next() / 4294967296;
  const rng: Rng = {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    integer: (bound) => Math.floor(uniform() * bound),
    permutation(length) {
      const order = Uint32Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = rng.integer(i + 1);
        const kept = order[i] as number;
        order[i] = order[j] as number;
        order[j] = kept;
      }
      return order;
    },
    fork: (child) => createRng(`${name}/${child}`),
    state: () => [a, b, c, d],
    restore(state) {
      [a, b, c, d] = state as [number, number, number, number];
    },
  };
  return rng;
}

/** Four 32-bit words from a string: FNV-1a with four offsets, then a murmur finaliser. */
function hash128(text: string): [number, number, number, number] {
  const word = (offset: number): number => {
    let h = offset;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  };
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x243f6a88), word(0xb7e15162)];
}
