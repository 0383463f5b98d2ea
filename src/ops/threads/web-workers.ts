import type { HelperData } from './kernel-worker.js';

/** Why a browser has no threads that share memory with its page, in words; undefined where it has them. */
export function webWorkersObstacle(): string | undefined {
  const page: Partial<typeof globalThis> = globalThis;
  if (!page.Worker) return 'there are no workers here';
  if (page.crossOriginIsolated === false) {
    return 'the page is not cross-origin isolated, which takes the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
  }
  return page.SharedArrayBuffer ? undefined : 'this browser has no SharedArrayBuffer';
}

/** Starts helpers on workers of a page, all or none; they end with the page. */
export async function startWebWorkers(helpers: readonly HelperData[]): Promise<void> {
  const workers: Worker[] = [];
  const start = (data: HelperData) =>
    new Promise<void>((resolve, reject) => {
      // The one form that bundlers follow, and that also holds for unbundled modules. A blob would have to hold all that it imports, and
      // many a content security policy forbids it.
      const worker = new Worker(new URL('./kernel-worker.js', import.meta.url), { type: 'module' });
      workers.push(worker);
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => reject(new Error(message || 'the worker script did not load'));
      worker.postMessage(data);
    });
  try {
    await Promise.all(helpers.map(start));
  } catch (cause) {
    for (const worker of workers) worker.terminate();
    throw cause;
  }
}
