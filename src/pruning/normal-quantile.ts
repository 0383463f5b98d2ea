/** The value below which a standard normal variable lies with a probability in [0.5, 1), to about 1e-12: by halving, of its distribution. */
export function normalQuantile(probability: number): number {
  let [low, high] = [0, 9];
  for (let halving = 0; halving < 50; halving++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Phi(x) = 1/2 + phi(x) (x + x^3 / 3 + x^5 / (3 5) + ...) for x of at least 0: a series of positive terms. */
function normalDistribution(x: number): number {
  let sum = 0;
  for (let term = x, k = 1; term > 1e-17 * sum; k += 2, term *= (x * x) / k) sum += term;
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
