/** Shows how far a sweep is, beside its output: a bar on a terminal, elsewhere a line about every tenth. */
export interface SweepProgress {
  update(done: number, all: number): void;
  stop(): void;
}

/** @param isTerminal whether standard error is one. */
export async function sweepProgress(isTerminal: boolean): Promise<SweepProgress> {
  return isTerminal ? bar() : lines();
}

async function bar(): Promise<SweepProgress> {
  const { SingleBar } = (await import('cli-progress')).default;
  const single = new SingleBar({
    format: '[{bar}] {value}/{total} points, {eta_formatted} to go',
    hideCursor: true,
    barsize: 30,
  });
  let isRunning = false;
  return {
    update(done, all) {
      if (isRunning) single.update(done);
      else single.start(all, done);
      isRunning = true;
    },
    stop: () => single.stop(),
  };
}

function lines(): SweepProgress {
  let tenths: number | undefined;
  return {
    update(done, all) {
      const now = all === 0 ? 10 : Math.floor((10 * done) / all);
      if (tenths !== undefined && now > tenths) console.error(`${done} of ${all} points`);
      tenths = now;
    },
    stop() {},
  };
}
