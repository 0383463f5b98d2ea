import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockRunners } from './support/block-runners.js';
import { begin, LeftOut, note, notes } from './support/left-out.js';
import { maskRunners } from './support/mask-runners.js';
import { nmRunners } from './support/nm-runners.js';
import { policyRunners } from './support/policy-runners.js';
import { cases, formOf, type Runners } from './support/pruning-cases.js';
import { scheduleRunners } from './support/schedule-runners.js';
import { structureRunners } from './support/structure-runners.js';
import { topologyRunners } from './support/topology-runners.js';
import { trainingRunners } from './support/training-runners.js';

const runners: Runners = {
  ...blockRunners,
  ...topologyRunners,
  ...maskRunners,
  ...nmRunners,
  ...policyRunners,
  ...scheduleRunners,
  ...structureRunners,
  ...trainingRunners,
};

describe('pruning against other libraries', () => {
  beforeAll(() => tf.setBackend('cpu'));
  afterAll(() => {
    const lines = [...notes].map(([reason, ids]) => `  ${reason} (${ids.length}): ${ids.join(', ')}`);
    console.log(`pruning cases that were not compared, or in part:\n${lines.join('\n')}`);
  });

  it.for(cases)('$id', async (test, { skip }) => {
    begin(test.id);
    const form = formOf(test);
    const tensors = tf.memory().numTensors;
    try {
      const run = runners[form];
      if (!run) throw new Error(`unknown form of a case: ${form}`);
      await run(test);
      expect(tf.memory().numTensors).toBe(tensors);
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      note(`${test.kind}: ${error.message}`);
      skip(error.message);
    }
  });
});
