import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RunRecorder } from '../../../src/callbacks/run-recorder.js';
import { baselines } from '../../../src/cli/reproduce/reductions.js';
import { replayTraining, trainedChart, trainedLines } from '../../../src/cli/reproduce/trained-run.js';
import { createAccelerator, trainingWorks } from '../../../src/hw/index.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { stepJobs } from '../support/step-jobs.js';

it('the record of a training is run on the accelerators of 001, and its steps stand for those between them', async () => {
  const path = join(await temporaryDirectory(), 'run.maps');
  const jobs = stepJobs(2).map((job) => ({ ...job, step: 3 * job.step }));
  const recorder = await RunRecorder.open(path, 0, { every: 3, offset: 0, images: null, layers: ['frozen', 'last'] });
  for (const job of jobs) await recorder.append(job);
  await recorder.end(6);
  await recorder.close();

  const trained = await replayTraining(path, 1);
  expect(Object.keys(trained.accelerators)).toEqual(['balanced', ...Object.values(baselines)]);
  const machine = createAccelerator('scnn-001').start();
  const cycles = jobs.flatMap(({ records, training }) => machine.executeStep(trainingWorks(records, training)).works);
  expect(trained.accelerators['scnn-001'].cycles).toBe(3 * cycles.reduce((sum, work) => sum + work.cycles, 0));

  const text = trainedLines(trained).join('\n');
  expect(text).toContain(`${path}: a run of 6 steps; 2 of its steps, one in 3, all images`);
  expect(text).toMatch(/saved against SIGMA, %: traffic -?[\d.]+, time -?[\d.]+, energy -?[\d.]+/);
  const { series } = trainedChart(trained);
  expect(series.map(({ name }) => name)).toEqual(['W', 'G', 'A', 'E']);
  expect(series[0].points.map(([step]) => step)).toEqual([0, 3]);
});

it('without a record the lines say so', () => {
  expect(trainedLines(undefined).join()).toContain('--trained-run');
});
