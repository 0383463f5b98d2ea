/** Thrown by a runner: this figure is not what the package means to give, and why. */
export class LeftOut extends Error {}

/** What was not compared, and why, with the cases. */
export const notes = new Map<string, string[]>();
let running = '';

/** Names the case to which the next notes belong. */
export function begin(id: string): void {
  running = id;
}

/** Says that a part of the running case was not compared, and why. */
export function note(reason: string): void {
  notes.set(reason, [...(notes.get(reason) ?? []), running]);
}
