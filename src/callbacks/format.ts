const prefixes = ['p', 'n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Four significant digits with an SI prefix: `1.234M`. */
export function si(value: number): string {
  if (value === 0) return '0';
  const power = Math.min(6, Math.max(-4, Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-9)));
  return `${Number((value / 1000 ** power).toPrecision(4))}${prefixes[power + 4]}`;
}

/** Picojoule as joule with the prefix that fits: `1.234mJ`. */
export function joules(picojoule: number): string {
  return `${si(picojoule * 1e-12)}J`;
}

/** A share in per cent: `12.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
