import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createCostEngine, type StepJob } from '../../src/callbacks/cost-engine.js';
import { readRecordedRun } from '../../src/callbacks/recorded-run.js';
import { replayRun } from '../../src/callbacks/replay-run.js';
import { pack } from '../../src/callbacks/run-record-content.js';
import { encodeFrame, frameKinds, type RecordFrames, scanFrames } from '../../src/callbacks/run-record-frames.js';
import { RunRecorder } from '../../src/callbacks/run-recorder.js';
import { loadSteps } from '../../src/cli/workload/load-steps.js';
import { type Accelerator, acf, createEstimator, denseArray } from '../../src/hw/index.js';
import { temporaryDirectory } from '../support/temporary.js';
import { stepJobs } from './support/step-jobs.js';

const settings = { every: 1, offset: 0, images: null, layers: ['frozen', 'last', 'embedding'] };

async function record(jobs: readonly StepJob[], path: string, step = 0): Promise<void> {
  const recorder = await RunRecorder.open(path, step, settings);
  for (const job of jobs) await recorder.append(job);
  await recorder.end((jobs.at(-1)?.step ?? -1) + 1);
  await recorder.close();
}

async function replayed(path: string): Promise<StepJob[]> {
  const jobs: StepJob[] = [];
  for await (const job of (await readRecordedRun(path)).jobs()) jobs.push(job);
  return jobs;
}

async function recordedFile(jobs: readonly StepJob[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'deep', 'run.maps');
  await record(jobs, path);
  return path;
}

describe('the record of a run', () => {
  it('gives back every step as it was, with the same object where both weights are the same', async () => {
    const jobs = stepJobs(3);
    const path = await recordedFile(jobs);
    const back = await replayed(path);
    expect(back).toEqual(JSON.parse(JSON.stringify(jobs), revive));
    expect(back[0].records[0].backwardW).toBe(back[0].records[0].W);
    expect(back[0].records[1].backwardW).not.toBe(back[0].records[1].W);
    expect(await readRecordedRun(path)).toMatchObject({ steps: 3, recordedSteps: 3, cutShort: null, settings });
  });

  it('replays to what the engine finds in the steps themselves, byte for byte', async () => {
    const jobs = stepJobs(3, 4, 16);
    const accelerators = [acf(), denseArray()];
    const engine = createCostEngine(accelerators, {});
    const series = jobs.map((job) => engine.execute(job));
    const report = await replayRun(await recordedFile(jobs), { accelerators });
    expect(JSON.stringify(report.series)).toBe(JSON.stringify(series));
    const rows = Object.values(engine.totals()).map((totals) => totals.rows.reduce((sum, { cost }) => sum + cost.energyPj, 0));
    expect(report.accelerators.map(({ rows: own }) => own.reduce((sum, { cost }) => sum + cost.energyPj, 0))).toEqual(rows);
    expect(report.sample.unseenLayers).toEqual(['embedding']);
  });

  it('knows of layers that were met after its first step', async () => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const layers = [...settings.layers];
    const recorder = await RunRecorder.open(path, 0, { ...settings, layers });
    const [first, second] = stepJobs(2);
    await recorder.append(first);
    layers.push('late/untold');
    await recorder.append(second);
    await recorder.end(2);
    await recorder.close();
    const { sample } = await replayRun(path, { accelerators: [denseArray()] });
    expect(sample.unseenLayers).toEqual(['embedding', 'late/untold']);
  });

  it('uses what is whole, wherever it is cut or damaged, and says so', async () => {
    const jobs = stepJobs(4);
    const path = await recordedFile(jobs);
    const bytes = await readFile(path);
    const damage = fc.record({ at: fc.nat(bytes.length - 1), flip: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, flip }) => {
        const broken = Buffer.from(flip ? bytes : bytes.subarray(0, at));
        if (flip) broken[at] ^= 0x10;
        await writeFile(path, broken);
        const back = await replayed(path).catch((error: Error) => error);
        if (back instanceof Error) {
          expect(back.message).toMatch(/no whole step|another kind of file/);
          return;
        }
        expect(back).toEqual(JSON.parse(JSON.stringify(jobs.slice(0, back.length)), revive));
        const { cutShort, steps } = await readRecordedRun(path);
        expect(cutShort).toContain(`its ${back.length} whole steps are used`);
        expect(steps).toBe(back.length);
      }),
      { numRuns: 40 },
    );
  });

  it('goes on where a resumed run does, without the steps beyond it and without a cut one', async () => {
    const jobs = stepJobs(5);
    const path = await recordedFile(jobs);
    await appendFile(path, 'half a frame');
    await record(jobs.slice(3), path, 3);
    expect((await replayed(path)).map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    expect(await readRecordedRun(path)).toMatchObject({ steps: 5, cutShort: null });
  });

  it('says which steps are missing where a run went on beyond its record', async () => {
    const jobs = stepJobs(9);
    const path = await recordedFile(jobs.slice(0, 3));
    expect((await readRecordedRun(path)).gap).toBeNull();
    await record(jobs.slice(5, 7), path, 5);
    await record(jobs.slice(8), path, 8);
    const { gap, steps, recordedSteps } = await readRecordedRun(path);
    expect({ gap, steps, recordedSteps }).toEqual({
      ...{ steps: 9, recordedSteps: 6, gap: `${path}: without steps 3 to 4, 7; the others stand for them` },
    });
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { sample } = await replayRun(path, { accelerators: [denseArray()] });
    expect(warned.mock.calls).toEqual([[gap]]);
    warned.mockRestore();
    expect(sample).toMatchObject({ steps: 9, sampledSteps: 6 });
    expect((await loadSteps({ run: path })).conditions).toContain(gap);
  });

  it('says which steps are missing where a run went on, and its file was gone', async () => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const recorder = await RunRecorder.open(path, 5, settings, 2);
    await recorder.append({ ...stepJobs(1)[0], step: 5 });
    await recorder.end(6);
    await recorder.close();
    const gap = `${path}: without steps 2 to 4; the others stand for them`;
    expect(await readRecordedRun(path)).toMatchObject({ steps: 4, recordedSteps: 1, cutShort: null, gap });
  });

  it.each([
    [[1, 4, 7], 9, null],
    [[1, 7], 9, '4'],
    [[4, 7], 9, '1'],
    [[1], 8, '4 to 7'],
    [[1], 4, null],
  ])('of every third step has steps %j of %i, and misses %s', async (taken, end, missing) => {
    const path = join(await temporaryDirectory(), 'run.maps');
    const recorder = await RunRecorder.open(path, 0, { ...settings, every: 3, offset: 1 });
    for (const step of taken) await recorder.append({ ...stepJobs(1)[0], step });
    await recorder.end(end);
    await recorder.close();
    const { gap } = await readRecordedRun(path);
    expect(gap).toBe(missing && `${path}: without steps ${missing}; the others stand for them`);
  });

  it('keeps an earlier run in the file, of which the last one counts', async () => {
    const jobs = stepJobs(3);
    const path = await recordedFile(jobs);
    const { length } = await readFile(path);
    await record(jobs.slice(0, 1), path);
    expect((await replayed(path)).length).toBe(1);
    await truncate(path, length);
    expect((await replayed(path)).length).toBe(3);
  });

  it('keeps the run before one that failed before its first step, also when the earlier one goes on', async () => {
    const jobs = stepJobs(4);
    const path = await recordedFile(jobs.slice(0, 2));
    const bytes = await readFile(path);
    await record([], path);
    expect(await readFile(path)).toEqual(bytes);
    // As an earlier version wrote it.
    await appendFile(path, encodeFrame(frameKinds.run, 0, await pack(settings)));
    expect(await readRecordedRun(path)).toMatchObject({ steps: 2, recordedSteps: 2, cutShort: null });
    await record(jobs.slice(2), path, 2);
    expect((await replayed(path)).map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  });

  it('leaves the run before it alone when a run goes on that had recorded nothing', async () => {
    const jobs = stepJobs(3);
    const path = await recordedFile(jobs);
    const { length } = await readFile(path);
    const recorder = await RunRecorder.open(path, 0, settings);
    await recorder.append(jobs[1]);
    await recorder.end(2);
    await recorder.close();
    expect(await readRecordedRun(path)).toMatchObject({ steps: 2, recordedSteps: 1, cutShort: null });
    await truncate(path, length);
    expect((await replayed(path)).length).toBe(3);
  });

  it('drops a last frame that is cut anywhere, and refuses a file with any other damage, which it leaves as it is', async () => {
    const path = await recordedFile(stepJobs(3));
    const bytes = await readFile(path);
    const { frames } = (await scanFrames(path)) as RecordFrames;
    const ends = frames.map(({ at, payloadBytes }) => at + 16 + payloadBytes);
    const damage = fc.record({ at: fc.integer({ min: 8, max: bytes.length - 1 }), flip: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, flip }) => {
        const broken = Buffer.from(flip ? bytes : bytes.subarray(0, at));
        if (flip) broken[at] ^= 0x10;
        await writeFile(path, broken);
        const whole = Math.max(8, ...ends.filter((end) => end <= at));
        const opened = await RunRecorder.open(path, 0, settings).catch((error: Error) => error);
        if (opened instanceof RunRecorder) await opened.close();
        // A longer last frame looks like one that is cut.
        const looksCut = flip && at >= (frames.at(-1)?.at ?? 0) + 12 && at < (frames.at(-1)?.at ?? 0) + 16;
        if (flip && !looksCut)
          expect((opened as Error).message).toContain(`${path}: got a damaged frame at byte ${whole}, expected`);
        else expect(opened).toBeInstanceOf(RunRecorder);
        expect(await readFile(path)).toEqual(flip && !looksCut ? broken : bytes.subarray(0, whole));
      }),
      {
        numRuns: 60,
        examples: [...[0, 4, 12, 15, 20].map((i) => [{ at: frames[1].at + i, flip: true }] as [{ at: number; flip: boolean }])],
      },
    );
  });

  it('warns of a cut record, and refuses what is none', async () => {
    const path = await recordedFile(stepJobs(2));
    await truncate(path, (await readFile(path)).length - 3);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const report = await replayRun(path, { accelerators: [denseArray()] });
    expect(warn.mock.calls).toEqual([[expect.stringContaining('its 2 whole steps are used')]]);
    warn.mockRestore();
    expect(report.sample.steps).toBe(2);
    await expect(replayRun(path, { accelerators: [] })).rejects.toThrow('got none, expected one accelerator');
    const estimators = [createEstimator('a100-fp16')] as unknown as Accelerator[];
    await expect(replayRun(path, { accelerators: estimators })).rejects.toThrow(
      'replayRun.accelerators: got the estimator a100-fp16',
    );
    await expect(replayRun(`${path}.not`, { accelerators: [acf()] })).rejects.toThrow('no such file');
    await writeFile(path, 'Layer, M, N, K\n');
    await expect(replayRun(path, { accelerators: [acf()] })).rejects.toThrow('another kind of file');
    await expect(RunRecorder.open(path, 0, settings)).rejects.toThrow('another kind of file');
  });

  it('says in one message that the disk is full, or that the place is no file', async () => {
    await expect(RunRecorder.open('/dev/full', 0, settings)).rejects.toThrow('no space left on the disk');
    await expect(RunRecorder.open('/dev', 0, settings)).rejects.toThrow(/writing|reading/);
  });
});

/** JSON makes objects of typed arrays, and this typed arrays of those. */
function revive(key: string, value: unknown): unknown {
  return key === 'words' ? Uint32Array.from(Object.values(value as Record<string, number>)) : value;
}
