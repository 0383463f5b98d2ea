import { type Json, type RunState, SparsityCallback } from 'tfjs-sparsity/callbacks';

/** What a training took. */
export interface TrainingTimes {
  /** All of it, in seconds: with models of accelerators, tests, logs and checkpoints. */
  readonly seconds: number;
  /** The steps and their mask updates, in seconds: the mean of those that were timed, times all. Absent where none was. */
  readonly trainingSeconds?: number;
}

/** A callback at the place of `pruning`: before it runs what the list has before it, behind it what the list has behind it. */
class BesidePruning extends SparsityCallback {
  override readonly place = -2;

  constructor(private readonly hooks: { readonly begin?: () => void; readonly end?: () => void }) {
    super();
  }

  override async onBatchBegin(): Promise<void> {
    this.hooks.begin?.();
  }

  override async onBatchEnd(): Promise<void> {
    this.hooks.end?.();
  }
}

/** Times a training; as part of a checkpoint it goes on where the run goes on. */
export class Stopwatch implements RunState {
  readonly key = 'stopwatch';
  /** To be listed before `pruning`. */
  readonly stepBegin = new BesidePruning({ begin: () => this.beginStep() });
  /** To be listed behind `pruning`: what looks at the step, or logs it, runs later. */
  readonly stepEnd = new BesidePruning({ end: () => this.endStep() });

  private readonly began = performance.now();
  private stepBegan = 0;
  private sums = { secondsBefore: 0, steps: 0, timedSteps: 0, timedSeconds: 0 };

  /** @param isTimed of the index of a step, from 0. */
  constructor(private readonly isTimed: (step: number) => boolean) {}

  times(): TrainingTimes {
    const { steps, timedSteps, timedSeconds } = this.sums;
    const seconds = this.seconds();
    return timedSteps === 0 ? { seconds } : { seconds, trainingSeconds: (timedSeconds / timedSteps) * steps };
  }

  runState(): Json {
    return { ...this.sums, secondsBefore: this.seconds() };
  }

  restoreRunState(stored: Json): void {
    this.sums = { ...(stored as typeof this.sums) };
  }

  private seconds(): number {
    return this.sums.secondsBefore + (performance.now() - this.began) / 1000;
  }

  private beginStep(): void {
    this.stepBegan = performance.now();
  }

  private endStep(): void {
    const { sums } = this;
    if (this.isTimed(sums.steps)) {
      sums.timedSteps += 1;
      sums.timedSeconds += (performance.now() - this.stepBegan) / 1000;
    }
    sums.steps += 1;
  }
}
