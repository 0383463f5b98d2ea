import type { Config, Described } from './contracts.js';

/** Gives a function its description as data, under which run logs and checkpoints know it. */
export function described<F extends (...args: never[]) => unknown>(config: Config, make: F): F & Required<Described> {
  return Object.assign(make, { config });
}

/** The description of a function; one that has none is known as `custom`, whatever it does. */
export function configOf(part: Described): Config {
  return part.config ?? { name: 'custom' };
}
