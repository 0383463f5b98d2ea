import { SparsityError } from '../errors.js';
import type { Json } from './base-callback.js';
import { canonicalJson } from './canonical-json.js';

/**
 * Throws unless a resumed run has the settings with which its first part was stored: what differs would make one run of two.
 *
 * @param part whose settings they are, for the message.
 */
export function checkSettings(part: string, here: Json, stored: Json): void {
  const [now, then] = [here, stored].map((settings) => new Map(Object.entries(settings ?? {})));
  const differing = [...new Set([...now.keys(), ...then.keys()])].filter(
    (name) => canonicalJson(now.get(name)) !== canonicalJson(then.get(name)),
  );
  if (differing.length === 0) return;
  const show = (settings: Map<string, Json>) =>
    canonicalJson(Object.fromEntries(differing.map((name) => [name, settings.get(name) ?? null])));
  throw new SparsityError({
    what: `${part} of the resumed run`,
    got: show(now),
    expected: `as stored, ${show(then)}`,
    fix: 'resume with the options of the first run, or start a new run',
  });
}
