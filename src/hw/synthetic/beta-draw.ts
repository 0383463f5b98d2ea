import type { Rng } from '../../rng.js';

/**
 * Draws densities from the beta distribution of a mean and a spread, its standard deviation as a share of sqrt(mean * (1 - mean)), the
 * greatest that the mean allows. Spread 0 is the mean itself; towards 1 all draws are 0 or 1.
 */
export function betaDraw(mean: number, spread: number, rng: Rng): () => number {
  if (spread === 0 || mean === 0 || mean === 1) return () => mean;
  const concentration = 1 / spread ** 2 - 1; // variance = mean * (1 - mean) / (concentration + 1)
  const ones = gammaDraw(mean * concentration, rng);
  const zeros = gammaDraw((1 - mean) * concentration, rng);
  return () => {
    const one = ones();
    const sum = one + zeros();
    return sum > 0 ? one / sum : Number(rng.uniform() < mean); // both underflow at spreads near 1, where draws are 0 or 1
  };
}

/** Marsaglia and Tsang 2000; shapes below 1 by their boost, gamma(a) = gamma(a + 1) * uniform^(1 / a). */
function gammaDraw(shape: number, rng: Rng): () => number {
  if (shape < 1) {
    const above = gammaDraw(shape + 1, rng);
    return () => above() * (1 - rng.uniform()) ** (1 / shape);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  return () => {
    for (;;) {
      const x = rng.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - rng.uniform()) < x ** 2 / 2 + d * (1 - v + Math.log(v))) return d * v;
    }
  };
}
