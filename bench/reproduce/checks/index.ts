import type { Check } from '../verdict.js';
import { expectations } from './expectations.js';
import { formats } from './formats.js';
import { simulated } from './simulated.js';
import { sums } from './sums.js';

/** The checks, by the names that claims files use. */
export const checks: Readonly<Record<string, Check>> = { ...sums, ...formats, ...expectations, ...simulated };
