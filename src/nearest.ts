/** The way out of a misspelt name: `did you mean acf` with the nearest names. Where none is near, the error has listed them as expected. */
export function nearest(name: string, names: readonly string[]): string {
  const ranked = names.map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }));
  const near = ranked.filter(({ candidate, distance }) => distance <= Math.max(2, candidate.length / 2));
  if (near.length === 0) return 'use one of these names';
  near.sort((a, b) => a.distance - b.distance);
  return `did you mean ${near
    .slice(0, 3)
    .map(({ candidate }) => candidate)
    .join(' or ')}`;
}

/** The beginning of a name is as near as one slip, another name of its family (`a100-`) at most three away. */
function distance(name: string, candidate: string): number {
  if (name.length > 2 && candidate.startsWith(name)) return 1;
  const family = /^\w{3,}-/.exec(name)?.[0];
  const edits = editDistance(name, candidate);
  return family && candidate.startsWith(family) ? Math.min(3, edits) : edits;
}

/** Levenshtein: insertions, deletions and replacements that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replace, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
