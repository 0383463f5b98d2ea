import type { Schedule } from '../contracts.js';

/** The same schedule for what is sparse from the first step on: masks are made at step 0 also where the updates begin later. */
export function maskedAtFirst(schedule: Schedule): Schedule {
  return (step) => (step === 0 ? { ...schedule(0), update: true } : schedule(step));
}
