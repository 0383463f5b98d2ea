/**
 * Loads a module that exists in node only. Bundlers must not see its name: they would fail on it, or put it into a browser bundle.
 */
export function importNode<Module>(name: string): Promise<Module> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<Module>;
}

/** `node:fs/promises`. */
export const nodeFs = () => importNode<typeof import('node:fs/promises')>('node:fs/promises');

/** `node:path`. */
export const nodePath = () => importNode<typeof import('node:path')>('node:path');
