/** Whether this is node (or a worker thread of it). */
export function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string';
}

/**
 * Loads a module that exists in node only. Bundlers must not see its name: they would fail on it, or put it into a browser bundle.
 */
export function importNode<Module>(name: string): Promise<Module> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<Module>;
}

/** `node:fs/promises`. */
export const nodeFs = () => importNode<typeof import('node:fs/promises')>('node:fs/promises');

/** `node:worker_threads`. */
export const nodeThreads = () => importNode<typeof import('node:worker_threads')>('node:worker_threads');

/** `node:path`. */
export const nodePath = () => importNode<typeof import('node:path')>('node:path');
