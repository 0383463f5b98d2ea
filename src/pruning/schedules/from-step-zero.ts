import type { Schedule } from '../contracts.js';
import { configOf, described } from '../described.js';

/** A schedule with the number that its profile gives to the first step: tfmot raises its counter, at first 0, before it asks. */
export function counted<S extends Schedule>(schedule: S, profile: string): S {
  return profile === 'tfmot' ? Object.assign(schedule, { firstStep: 1 }) : schedule;
}

/** The same schedule by the steps of a training, which count from 0. */
export function fromStepZero(schedule: Schedule): Schedule {
  const { firstStep = 0 } = schedule;
  return firstStep === 0 ? schedule : described(configOf(schedule), (step) => schedule(step + firstStep));
}
