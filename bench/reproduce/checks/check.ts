import type { Simulations } from '../simulations.js';
import type { Outcome } from '../verdict.js';

/** Finds our figures for a claim; nothing when this run has not simulated what it needs. */
export type Check = (simulations: Simulations) => Outcome | undefined;
