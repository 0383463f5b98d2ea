import { createHash } from 'node:crypto';

/** A short name for settings: equal settings, equal name. */
export function digest(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}
