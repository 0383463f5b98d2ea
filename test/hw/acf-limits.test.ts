import * as fc from 'fast-check';
import {
  acf,
  bitsFrom,
  convNest,
  denseNest,
  type GemmWork,
  onesBits,
  type PhaseWork,
  type UpdateWork,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import type { AcfSpec } from '../../src/hw/acf/options.js';
import { switchLevels } from '../../src/hw/acf/tile-sums.js';
import { smallWorks, workOf } from './support/small-works.js';
import { ideal, tiny, twoByTwo, W } from './support/tiny-fabric.js';

const dataflows = ['WS', 'OS', 'IS'] as const;

function first(options: Parameters<typeof acf>[0], work: PhaseWork): WorkCounts {
  return acf(options).start().executeStep([work]).works[0];
}

describe('what is finite', () => {
  const array = {
    rows: 4,
    cols: 4,
    fanOut: 2,
    injectors: 4,
    linkWords: 1,
    banks: 4,
    queueDepth: 32,
    accumulatorPorts: 1,
  } as const;

  it('never gains by being less: links, banks, queues and ports', () => {
    fc.assert(
      fc.property(smallWorks, fc.constantFrom(...dataflows), (work, dataflow) => {
        const cycles = (options: Parameters<typeof acf>[0]) => {
          const { cycles: all, idleUnitCycles: idle, units } = first({ ...array, ...options, dataflow }, work);
          return all - (idle.memory + idle.write + idle.reconfiguration) / units;
        };
        const least = cycles({});
        for (const better of [
          { linkWords: 2 },
          { banks: 2 },
          { banks: 1 },
          { queueDepth: 64 },
          { accumulatorPorts: 3 },
          { injectors: 8 },
        ]) {
          expect(cycles(better)).toBeLessThanOrEqual(least);
        }
      }),
      { numRuns: 200, seed: 33 },
    );
  });

  it('is the link to the busiest group: three words for row 0 take three cycles, though eight could enter', () => {
    const wide = { ...twoByTwo, injectors: 8, dataflow: 'OS' } as const;
    expect(first(wide, tiny).idleUnitCycles.multicast).toBe(0);
    expect(first({ ...wide, linkWords: 1 }, tiny).idleUnitCycles.multicast).toBe(4 * (3 - 2));
  });

  it('is the busiest bank: row 0 alone fills one of eight with three words', () => {
    const { idleUnitCycles } = first({ ...twoByTwo, injectors: 8, banks: 8, dataflow: 'OS' }, tiny);
    expect(idleUnitCycles).toMatchObject({ multicast: 0, banks: 4 * (3 - 2) });
    // Two banks of four words per cycle.
    expect(first({ ...twoByTwo, injectors: 8, banks: 2, dataflow: 'OS' }, tiny).idleUnitCycles.banks).toBe(0);
  });

  it('is the port of a lane: fold 1 has one slot and two sums', () => {
    const wide = { ...twoByTwo, injectors: 8, dataflow: 'WS' } as const;
    expect(first({ ...wide, accumulatorPorts: 1 }, tiny).idleUnitCycles.accumulators).toBe(4 * (2 - 1));
    expect(first({ ...wide, accumulatorPorts: 2 }, tiny).idleUnitCycles.accumulators).toBe(0);
  });

  it('is the queue: an SPE does not begin indices 32 to 63 before its neighbour has ended 0 to 31', () => {
    const kernel = bitsFrom(
      Float32Array.from({ length: 128 }, (_, i) => Number([0, 2, 65, 67].includes(i))),
      [64, 2],
    );
    const nest = denseNest({ batch: 1, inFeatures: 64, outFeatures: 2 });
    const full = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    const work: GemmWork = { ...full, kernel: { ...full.kernel, nonzeros: kernel } };
    const options = { ...ideal, rows: 1, cols: 2, dataflow: 'OS' } as const;
    expect(first(options, work).idleUnitCycles.imbalance).toBe(0);
    expect(first({ ...options, queueDepth: 32 }, work).idleUnitCycles.imbalance).toBe(2 + 2);
  });

  it('is the write path: 32 outputs of one slot each, written one per cycle, show', () => {
    const work = workOf(denseNest({ batch: 1, inFeatures: 1, outFeatures: 32 }), 'forward', { input: 1, kernel: 1 }, 1);
    const array = { ...ideal, rows: 1, cols: 32, fanOut: 32, dataflow: 'OS' } as const;
    const write = (writeWords: number) => {
      const { cycles, idleUnitCycles: idle } = first({ ...array, writeWords }, work);
      return { exposed: idle.write / 32, before: cycles - (idle.write + idle.reconfiguration) / 32 };
    };
    expect(write(1).exposed).toBe(32 - write(1).before);
    expect(write(32)).toEqual({ exposed: 0, before: write(1).before });
  });
});

describe('the links of the fabric', () => {
  it('are as far from the root as a walk over the tree finds, and are passed once per word, arrival, product and sum', () => {
    // Radix 2 over four SPEs: two levels. OS: ten words to a group (one link), twelve arrivals (one more), four sums up (two links).
    expect(first({ ...twoByTwo, dataflow: 'OS' }, tiny).actions.nocHop).toBe(10 * 1 + 12 + 4 * 2);
    for (const [rows, cols, fanOut] of [
      [2, 2, 2],
      [4, 8, 2],
      [5, 7, 3],
      [32, 32, 8],
      [3, 3, 16],
    ]) {
      expect(switchLevels(acf({ rows, cols, fanOut }).spec as AcfSpec)).toBe(depthOfTree(rows * cols, fanOut));
    }
  });

  /** Links from the root to a leaf, walked on a tree that is built from the leaves up. */
  function depthOfTree(leaves: number, radix: number): number {
    const parents = new Map<string, string>();
    let level = Array.from({ length: leaves }, (_, i) => `0/${i}`);
    for (let depth = 1; level.length > 1 || depth === 1; depth++) {
      const above = Array.from({ length: Math.ceil(level.length / radix) }, (_, i) => `${depth}/${i}`);
      level.forEach((node, i) => {
        parents.set(node, above[Math.floor(i / radix)]);
      });
      level = above;
    }
    let links = 0;
    for (let node = `0/${leaves - 1}`; parents.has(node); node = parents.get(node) as string) links++;
    return links;
  }
});

describe('the sparse memory controller at work', () => {
  const update = (weights: GemmWork['kernel']['nonzeros'], masked = true): PhaseWork => ({
    kind: 'update',
    layer: 'fc',
    phase: 'weightUpdate',
    weights: { role: 'W', source: 'fc', nonzeros: weights },
    slots: 0,
    masked,
  });
  const pruned = bitsFrom([1, 0, 0, 1, 1, 0, 0, 1], [4, 2]);

  it('updates the pattern at the step whose mask is another, and carries the pattern over', () => {
    const run = acf(twoByTwo).start();
    const step = (weights: GemmWork['kernel']['nonzeros'], of = run) => of.executeStep([update(weights)]).works[0];
    const same = [step(W), step(W)];
    expect(same[1]).toEqual(same[0]);
    const later = acf(twoByTwo).start(run.state());
    const [changed, settled] = [step(pruned), step(pruned)];
    // W as it was, 5 * 44 + 3 * 32 bits = 40 bytes; as it is, 4 * 44 + 3 * 32 = 34 bytes.
    expect(changed.dramBytes.W - settled.dramBytes.W).toBe(40 + 34);
    expect(changed.actions.dramByte - settled.actions.dramByte).toBe(40 + 34);
    expect(changed.actions.indexOp).toBe(5);
    expect(settled.actions.indexOp).toBe(0);
    expect(step(pruned, later)).toEqual(changed);
  });

  it('updates the pattern of weights that are stored by rows, from what they took before', () => {
    const run = acf({ ...twoByTwo, weightFormat: 'rows' }).start();
    run.executeStep([update(W)]);
    const later = acf({ ...twoByTwo, weightFormat: 'rows' }).start(run.state());
    const [changed, settled] = [pruned, pruned].map((weights) => later.executeStep([update(weights)]).works[0]);
    // Bit maps of four with three and two values, 102 + 70 bits; with two each, 70 + 70.
    expect(changed.dramBytes.W - settled.dramBytes.W).toBe(22 + 18);
    expect(changed.actions.indexOp).toBe(5);
  });

  it('writes at every update what the next step reads beside a dense master', () => {
    const run = acf(twoByTwo).start();
    const step = (weights: GemmWork['kernel']['nonzeros']) => run.executeStep([update(weights, false)]).works[0];
    // Eight values of four bytes in and out, and gradients in; W as CSR beside them, 5 * 44 + 3 * 32 bits = 40 bytes.
    const first = step(W);
    expect(first.dramBytes).toEqual({ W: 2 * 32 + 40, A: 0, E: 0, G: 32 });
    expect(first.actions).toMatchObject({ dramByte: 2 * 32 + 40 + 32, indexOp: 5 });
    expect(first.idealCycles).toBeCloseTo((2 * 32 + 40 + 32) / (acf(twoByTwo).spec as AcfSpec).dramBytesPerCycle);
    expect(step(W)).toEqual(first);
    // Another pattern of four values, 4 * 44 + 3 * 32 bits = 34 bytes: nothing of the old one is read.
    const changed = step(pruned);
    expect(changed.dramBytes).toEqual({ W: 2 * 32 + 34, A: 0, E: 0, G: 32 });
    expect(changed.actions.indexOp).toBe(4);
    // Weights without zeros have no master: in place, eight indices of 12 bits with them. Without the controller nothing is compressed.
    const full = acf(twoByTwo)
      .start()
      .executeStep([update(onesBits([4, 2]), false)]).works[0];
    expect(full.dramBytes.W).toBe(2 * 32 + 12);
    const plain = acf({ ...twoByTwo, sparseMemoryController: false, zeroDetection: 'gate' }).start();
    expect(plain.executeStep([update(W, false)]).works[0].dramBytes.W).toBe(2 * 32);
  });

  it('stores a kernel by the output channels that its products have, whatever its shape', () => {
    // A depthwise kernel, three outputs to each of two channels: six rows of four taps. A row has a pointer, so three would take less.
    const nest = convNest({ batch: 1, inSize: [2, 2], inChannels: 2, outChannels: 6, kernelSize: [2, 2], groups: 2 });
    const forward = workOf(nest, 'forward', { input: 1, kernel: 0.5 }, 3);
    const bytes = (shape: readonly number[]) => {
      const nonzeros = { ...forward.kernel.nonzeros, shape };
      const { works } = acf(twoByTwo)
        .start()
        .executeStep([
          { ...forward, kernel: { ...forward.kernel, nonzeros } },
          { ...(update(nonzeros, false) as UpdateWork), layer: forward.layer },
        ]);
      return works.map(({ dramBytes }) => dramBytes.W);
    };
    const [read, updated] = bytes([2, 2, 1, 6]);
    expect(updated).toBe(2 * 24 * 4 + read);
    expect(bytes([2, 2, 2, 3])).toEqual([read, updated]);
  });

  it('writes an index per output, and looks for zeros where the pattern is not known', () => {
    const [on, off] = [true, false].map((sparseMemoryController) => {
      return first({ ...twoByTwo, dataflow: 'OS', zeroDetection: 'gate', sparseMemoryController }, tiny).actions;
    });
    expect(on.indexOp - off.indexOp).toBe(4);
    expect(on.zeroDetect - off.zeroDetect).toBe(4);
  });
});
