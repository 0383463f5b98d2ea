import { refuse } from './refuse.js';

/** Ends with code 2 and the names that are known where a flag names nothing of them. */
export function checkNames(
  flag: string,
  names: readonly string[],
  known: readonly string[],
  fits: (one: string, name: string) => boolean = (one, name) => one === name,
): void {
  const unknown = names.find((name) => !known.some((one) => fits(one, name)));
  if (unknown === undefined) return;
  refuse(`${flag}: got ${unknown}, expected some of ${known.join(', ')}`);
}

/** {@link checkNames} for a flag that takes the beginnings of names. */
export function checkBeginnings(flag: string, beginnings: readonly string[], known: readonly string[]): void {
  checkNames(flag, beginnings, known, (one, beginning) => one.startsWith(beginning));
}
