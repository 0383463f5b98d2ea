import * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { checkChoice } from '../../pruning/check.js';
import { decodeFile, encodeFile } from './file-content.js';
import { placeName, readPlace, type SparseFilePlace, writePlace } from './file-place.js';
import { plainArtifacts } from './plain-artifacts.js';

/** Options of {@link sparseFile} and `sparseFileSize`. */
export interface SparseFileOptions {
  /**
   * How float32 weights are stored: as they are, or rounded to float16 (nearest, ties to even), by at most a 2048th of their magnitude
   * from 2^-14 on and by 2^-25 below; a finite weight of 65520 or more in magnitude is an error. What an optimizer holds is not rounded.
   * Reading needs no option. @default 'float32'
   */
  readonly values?: 'float32' | 'float16';
}

/**
 * A handler for `model.save` and `tf.loadLayersModel` that stores a pruned model in one small file: each weight in the fewest bytes of
 *
 * - dense: `elements v`
 * - a bit map and the non-zeros: `elements / 8 + nonzeros v`
 * - N:M along its input or output axis, M up to 32: `slots (v + log2(M) / 8)` with N slots per group of M; 2-bit indices for 2:4, 3-bit for 2:8
 *
 * with v = 4 bytes, or 2 as float16. Whatever model pruned it is taken: the zeros are found in the weights. Masked layers are saved as
 * `strip` makes them. What is loaded is a plain layers model whose float32 weights are those saved, bit for bit; -0 is no zero.
 *
 * A file is checked in whole, by its CRC-32C and against its header, before a model is made of it. `file://` writes to a temporary name
 * and renames it.
 *
 * @param place where to save to or load from, see {@link SparseFilePlace}.
 * @throws SparsityError for an unknown option; from `save` for weights of another type than float32, int32 and bool, two of one name, one
 * that float16 cannot hold, an unwritable target or a full disk; from `load` for what is no such file, of a newer version, truncated or
 * damaged.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3], kernelInitializer: 'zeros'})]});
 * let file = new Uint8Array();
 * await model.save(sparseFile((bytes) => { file = bytes; })); // or sparseFile('file://lenet.sparse')
 * (await tf.loadLayersModel(sparseFile(file))).countParams(); // 8
 * ```
 */
export function sparseFile(place: SparseFilePlace, options: SparseFileOptions = {}): tf.io.IOHandler {
  const values = checkedValues('sparseFile', options);
  return {
    async save(artifacts) {
      if (!artifacts.modelTopology || artifacts.modelTopology instanceof ArrayBuffer) {
        throw new SparsityError({
          what: `saving to ${placeName(place)}`,
          got: 'a model without a JSON topology',
          expected: 'a layers model',
          fix: 'save the model with model.save()',
        });
      }
      await writePlace(place, encodeFile(await plainArtifacts(artifacts), values).bytes);
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
    async load() {
      return decodeFile(placeName(place), await readPlace(place));
    },
  };
}

/** The `values` of options, checked. */
export function checkedValues(what: string, options: SparseFileOptions): 'float32' | 'float16' {
  checkOptionNames(what, options, { values: true });
  const { values = 'float32' } = options;
  checkChoice(`${what}.values`, values, ['float32', 'float16']);
  return values;
}
