import type * as tf from '@tensorflow/tfjs';
import type { TappedOp } from '../contracts.js';
import { isRecording } from '../forward-backward-op.js';
import { tapeEngine } from './tape.js';

/** A use of a kernel that the tape does not show, for one who watches it: under which name, and as which use, is his business. */
export interface WatchedUse {
  /** False for a frozen kernel: it is reported in the forward pass, without E and G, and again with E where its input gets a gradient. */
  readonly trained: boolean;
  report(operands: Omit<TappedOp, 'layer' | 'use'>): void;
}

/** Asked for each use in the forward pass; undefined for a kernel that he does not know, or a use that he does not want. */
export type UseWatcher = (kernel: tf.Tensor, tape: object) => WatchedUse | undefined;

const watchers = new Set<UseWatcher>();

/** Asks `watcher` for every use that the tape does not show, until the returned function is called. */
export function watchUses(watcher: UseWatcher): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/**
 * Who wants to be told of a use of a kernel; nobody where nothing is recorded. To be called once in each forward pass of it, as uses are
 * counted by this.
 *
 * @param kernel the layer's variable, by which a model is known to hold it.
 */
export function watchedUses(kernel: tf.Tensor): readonly WatchedUse[] {
  if (watchers.size === 0 || !isRecording()) return [];
  const tape = tapeEngine().state.activeTape as object;
  return [...watchers].flatMap((watcher) => watcher(kernel, tape) ?? []);
}
