import type { Check } from '../verdict.js';
import { areas } from './areas.js';
import { balancing } from './balancing.js';
import { expectations } from './expectations.js';
import { formats } from './formats.js';
import { satChecks } from './sat.js';
import { simulated } from './simulated.js';
import { sums } from './sums.js';
import { tacticalClaims } from './tactical.js';

/** The checks, by the names that claims files use. */
export const checks: Readonly<Record<string, Check>> = {
  ...sums,
  ...formats,
  ...balancing,
  ...areas,
  ...expectations,
  ...simulated,
  ...satChecks,
  ...tacticalClaims,
};
