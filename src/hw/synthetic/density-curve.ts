/** Steps of the tabulated normal variable: from -8 to 8 by 1/64. */
const stepsPerUnit = 64;
const reach = 8;
const length = 2 * reach * stepsPerUnit + 1;

/** Standard normal distribution function, by formula 7.1.26 of Abramowitz and Stegun (error below 1e-7). */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (poly * Math.exp((-x * x) / 2)) / 2;
  return x < 0 ? tail : 1 - tail;
}

const points = Float64Array.from({ length }, (_, i) => i / stepsPerUnit - reach);
const probabilities = points.map((z) => Math.exp((-z * z) / 2) / (Math.sqrt(2 * Math.PI) * stepsPerUnit));

/**
 * Densities as a function of a standard normal variable, so that their mean is `mean` and their standard deviation `spread` times
 * sqrt(mean * (1 - mean)): an element is one where a normal variable that it shares with its neighbours in part, by a correlation that
 * is found here, is below a threshold. Look a value up with {@link densityAt}.
 */
export function densityCurve(mean: number, spread: number): Float64Array {
  if (mean === 0 || mean === 1 || spread === 0) return new Float64Array(length).fill(mean);
  const threshold = increasingRoot(normalCdf, mean, -reach, reach);
  const curve = (correlation: number) => {
    const [shared, own] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
    return points.map((z) => normalCdf((threshold + shared * z) / own));
  };
  const variance = (correlation: number) =>
    curve(correlation).reduce((sum, density, i) => sum + probabilities[i] * (density - mean) ** 2, 0);
  return curve(increasingRoot(variance, spread ** 2 * mean * (1 - mean), 0, 1 - 1e-9));
}

/** The density of a curve at a value of its normal variable. */
export function densityAt(curve: Float64Array, z: number): number {
  const index = Math.round((z + reach) * stepsPerUnit);
  return curve[index < 0 ? 0 : index < length ? index : length - 1];
}

/** Where an increasing function takes a value, by bisection. */
function increasingRoot(f: (x: number) => number, value: number, low: number, high: number): number {
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (f(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
