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

/** A text of at most `most` characters: of a longer one its beginning and its end. */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil(most / 2) - 1;
  return `${text.slice(0, head)}..${text.slice(text.length - most + 2 + head)}`;
}

/** A share in per cent: `12.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
