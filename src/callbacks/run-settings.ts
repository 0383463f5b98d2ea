import { SparsityError } from '../errors.js';
import type { Json } from './base-callback.js';

/**
 * Throws unless a resumed run has the settings with which its first part was stored: what differs would make one run of two.
 *
 * @param part whose settings they are, for the message.
 */
export function checkSettings(part: string, here: Json, stored: Json): void {
  const [now, then] = [here, stored].map((settings) => new Map(Object.entries(settings ?? {})));
  const differing = [...new Set([...now.keys(), ...then.keys()])].filter(
    (name) => canonical(now.get(name)) !== canonical(then.get(name)),
  );
  if (differing.length === 0) return;
  const show = (settings: Map<string, Json>) =>
    canonical(Object.fromEntries(differing.map((name) => [name, settings.get(name) ?? null])));
  throw new SparsityError({
    what: `${part} of the resumed run`,
    got: show(now),
    expected: `as stored, ${show(then)}`,
    fix: 'resume with the options of the first run, or start a new run',
  });
}

/** JSON with sorted keys, so that equal data gives equal text. */
function canonical(value: Json | undefined): string {
  return (
    JSON.stringify(value, (_, part: Json) =>
      typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part,
    ) ?? 'absent'
  );
}
