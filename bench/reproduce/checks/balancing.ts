import { minimumSteal } from 'tfjs-sparsity/hw';
import type { Check } from '../verdict.js';

/** Table I of 001: cycles of a multiplication, and of communication within and across partitions. */
const multiplyCycles = { float: 10, int: 7 };
const communicationCycles = { near: 8, far: 16 };

/** Load balance by Procedures 1 and 2 (claims 4, 5, 11 and 12). */
export const balancing = {
  stealCosts: () => {
    const cases = Object.entries(communicationCycles).flatMap(([place, communication]) =>
      Object.entries(multiplyCycles).map(([type, cycles]) => {
        const least = minimumSteal(cycles, communication);
        return { name: `${type} ${place}`, least, stolen: cycles + communication, left: least * cycles };
      }),
    );
    return {
      literal: Object.fromEntries(
        cases.flatMap(({ name, stolen, left }) => [
          [name, stolen],
          [`${name}, left`, left],
        ]),
      ),
      laws: cases.map(({ name, stolen, left }) => ({ text: `stealing pays: ${name}`, holds: stolen < left })),
      notes: [
        `least number to steal: ${cases.map(({ name, least }) => `${name} ${least}`).join(', ')}; the text's "more than" is one off`,
      ],
    };
  },
} satisfies Record<string, Check>;
