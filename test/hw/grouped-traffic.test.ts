import fc from 'fast-check';
import {
  convNest,
  createAccelerator,
  type GemmWork,
  network,
  type PhaseWork,
  presets,
  syntheticRecords,
  trainingWorks,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { phases, workOf } from './support/small-works.js';

const names = Object.keys(presets);

/** Off-chip bytes of some works on a preset, with memories that small layers overflow. */
function bytesOf(name: string, works: readonly PhaseWork[], sramKb?: number): number {
  const memories = Object.keys(presets[name]).filter((field) => sramKb !== undefined && /Kb$/.test(field));
  const spec = { ...presets[name], ...Object.fromEntries(memories.map((field) => [field, sramKb])) };
  const counts = createAccelerator(spec).start().executeStep(works).works;
  return counts.flatMap(({ dramBytes }) => Object.values(dramBytes)).reduce((sum, bytes) => sum + bytes, 0);
}

/** A layer of full maps with some groups of `width` channels: more than an array has columns, or fewer. */
function layerOf(groups: number, width: number, kernel: number, phase: GemmWork['phase']): GemmWork {
  const nest = convNest({
    batch: 2,
    inSize: [6, 6],
    inChannels: width * groups,
    outChannels: width * groups,
    kernelSize: [kernel, kernel],
    padding: 'same',
    groups,
  });
  return workOf(nest, phase, { input: 1, kernel: 1 }, 1);
}

describe.each(names)('of the model %s', (name) => {
  it('a layer of groups moves no more than as many layers of one group', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.constantFrom(8, 40),
        fc.constantFrom(1, 3),
        fc.constantFrom(...phases),
        fc.constantFrom(1 / 16, 1 / 4, 1, 4, 64),
        (groups, width, kernel, phase, sramKb) => {
          const alone = bytesOf(name, [layerOf(1, width, kernel, phase)], sramKb);
          expect(bytesOf(name, [layerOf(groups, width, kernel, phase)], sramKb)).toBeLessThanOrEqual(
            groups * alone * (1 + 1e-12),
          ); // shares of bytes are fractions
        },
      ),
      { numRuns: 16 },
    );
  });
});

it.each(names)('%s moves as much for attention with one image drawn as with all of the batch', (name) => {
  const net = network('vit-small-4', { batch: 8 });
  const layers = net.layers.filter((layer) => layer.name === 'layer1_scores');
  const [one, all] = [1, 8].map((images) => {
    const records = syntheticRecords({ ...net, layers }, { seed: 1, sparsity: { W: 0.9, A: 0.5 }, images });
    return bytesOf(name, trainingWorks([...records], { slots: 2, masked: [] }));
  });
  expect(all / one).toBeGreaterThan(0.98);
  expect(all / one).toBeLessThan(1.02);
});
