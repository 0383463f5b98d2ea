import { SparsityError } from '../../../errors.js';

/** The binary logarithm of a number of ports; refuses what is no power of two above one. */
export function portLevels(what: string, ports: number): number {
  const levels = Math.log2(ports);
  if (Number.isInteger(levels) && levels >= 1) return levels;
  throw new SparsityError({
    what,
    got: ports,
    expected: 'a power of two of at least 2',
    fix: `pass ${2 ** Math.max(1, Math.ceil(levels) || 1)}`,
  });
}
