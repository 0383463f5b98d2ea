import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder of a run: `parent/name`, then `name-2`, `name-3` ... A new run takes the first free one, so that nothing is overwritten;
 * a resumed run takes the latest that is there.
 */
export function runFolder(parent: string, name: string, resume: boolean): string {
  const folder = (i: number) => join(parent, i === 1 ? name : `${name}-${i}`);
  let next = 1;
  while (existsSync(folder(next))) next++;
  return folder(resume ? Math.max(1, next - 1) : next);
}
