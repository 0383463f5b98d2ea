import * as z from 'zod';
import type { Phase } from './contracts.js';

/** The phases of a training step, in the order in which a layer runs them. */
export const phases: readonly Phase[] = ['forward', 'inputGradient', 'weightGradient', 'weightUpdate'];

/** Sums by phase to add to. */
export function noneByPhase(): Record<Phase, number> {
  return { forward: 0, inputGradient: 0, weightGradient: 0, weightUpdate: 0 };
}

const number = z.number();

/** The schema of a number per phase. */
export const byPhaseSchema = z.object({ forward: number, inputGradient: number, weightGradient: number, weightUpdate: number });
