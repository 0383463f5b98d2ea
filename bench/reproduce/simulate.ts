import type { ReproduceOptions } from './command-line.js';
import type { Simulations } from './simulations.js';

export async function simulate(_options: ReproduceOptions): Promise<Simulations & { conditions: string[] }> {
  return { draws: [], conditions: [] };
}
