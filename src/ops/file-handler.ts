import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { fileError, writeAtomically } from './atomic-write.js';
import { nodeFs, nodePath } from './node-modules.js';

const scheme = 'file://';
const weightsFile = 'weights.bin';
let registered = false;
let asking = false;

/**
 * Makes `model.save('file://dir')` and `tf.loadLayersModel('file://dir')` (or `file://dir/model.json`) work in node without tfjs-node:
 * `model.json` and `weights.bin` in its format, so that either reads the other's files. Steps aside when tfjs-node is
 * loaded, before or after. Importing the ops in node registers it; calling it again does nothing.
 *
 * Each file is written to a temporary name and renamed, the weights first.
 *
 * @throws SparsityError from `save` and `load`: missing directory or model.json, truncated weights, unwritable target, full disk.
 * @example
 * ```ts
 * registerFileHandler();
 * ```
 */
export function registerFileHandler(): void {
  if (registered) return;
  registered = true;
  const router = (others: (url: string) => unknown[]) => (url: string | string[]) => {
    if (asking || typeof url !== 'string' || !url.startsWith(scheme)) return null as unknown as tf.io.IOHandler;
    // tfjs refuses two handlers for one URL: ask for the others, with this router silent.
    asking = true;
    try {
      return others(url).length > 0 ? (null as unknown as tf.io.IOHandler) : fileHandler(url.slice(scheme.length));
    } finally {
      asking = false;
    }
  };
  tf.io.registerSaveRouter(router((url) => tf.io.getSaveHandlers(url)));
  tf.io.registerLoadRouter(router((url) => tf.io.getLoadHandlers(url)));
}

/** Saves to and loads from a directory; `path` is the directory or, for loading, its model.json. */
export function fileHandler(path: string): tf.io.IOHandler {
  return {
    async save(artifacts) {
      const { join } = await nodePath();
      if (!artifacts.modelTopology || artifacts.modelTopology instanceof ArrayBuffer) {
        throw new SparsityError({
          what: `saving to ${scheme}${path}`,
          got: 'a model without a JSON topology',
          expected: 'a LayersModel or GraphModel',
          fix: 'save the model with model.save()',
        });
      }
      await writeAtomically(join(path, weightsFile), new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData)));
      await writeAtomically(join(path, 'model.json'), modelJson(artifacts));
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
    async load() {
      const { join, dirname } = await nodePath();
      const file = path.endsWith('.json') ? path : join(path, 'model.json');
      const text = new TextDecoder().decode(await read(file, 'a directory that model.save() has written'));
      const expected = 'the JSON that model.save() writes';
      let json: tf.io.ModelJSON;
      try {
        json = JSON.parse(text) as tf.io.ModelJSON;
      } catch {
        throw damaged(file, `${text.length} characters that are no JSON`, expected);
      }
      if (Object(json) !== json) throw damaged(file, text, expected);
      return tf.io.getModelArtifactsForJSON(json, async (manifest) => {
        const specs = tf.io.getWeightSpecs(manifest);
        const shards: Uint8Array[] = [];
        for (const name of manifest.flatMap((group) => group.paths)) {
          shards.push(await read(join(dirname(file), name), `the weights of ${file}`));
        }
        const bytes = shards.reduce((sum, shard) => sum + shard.length, 0);
        const needed = byteLength(specs);
        if (needed !== undefined && bytes !== needed) {
          throw damaged(`weights of ${file}`, `${bytes} bytes`, `${needed} bytes for ${specs.length} weights`);
        }
        return [specs, tf.io.concatenateArrayBuffers(shards.map((shard) => shard.slice().buffer as ArrayBuffer))];
      });
    },
  };
}

/** What is in a model.json, whose weights are in one file. */
export function modelJson({ weightData, weightSpecs = [], ...rest }: tf.io.ModelArtifacts): string {
  return JSON.stringify({ ...rest, weightsManifest: [{ paths: [weightsFile], weights: weightSpecs }] });
}

async function read(file: string, expected: string): Promise<Uint8Array> {
  try {
    return await (await nodeFs()).readFile(file);
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ENOENT') throw fileError(`loading ${file}`, cause);
    const fix = 'check the path, or save the model there first';
    throw new SparsityError({ what: `loading ${file}`, got: 'no such file', expected, fix });
  }
}

function damaged(what: string, got: string, expected: string): SparsityError {
  return new SparsityError({ what, got, expected, fix: 'the file is truncated or damaged: save the model again' });
}

const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, complex64: 8, float16: 2, uint16: 2, bool: 1, uint8: 1 };

/** Bytes of the weights, or undefined when a string weight makes that unknown. */
function byteLength(specs: readonly tf.io.WeightsManifestEntry[]): number | undefined {
  let bytes = 0;
  for (const { dtype, shape, quantization } of specs) {
    const stored = quantization?.dtype ?? dtype;
    if (stored === 'string') return undefined;
    bytes += (widths[stored] as number) * tf.util.sizeFromShape(shape);
  }
  return bytes;
}

if (tf.env().getBool('IS_NODE')) registerFileHandler();
