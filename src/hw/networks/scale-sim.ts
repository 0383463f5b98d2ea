import { SparsityError } from '../../errors.js';
import type { LoopNest } from '../contracts.js';
import { convNest } from '../loop-nest.js';
import type { Network, NetworkLayer } from './contracts.js';
import { paddedMacs } from './padded-macs.js';

const convFields = [
  'IFMAP height',
  'IFMAP width',
  'filter height',
  'filter width',
  'channels',
  'num filters',
  'stride',
  'stride width',
] as const;
const gemmFields = ['M', 'N', 'K'] as const;

/** What a header has behind its first column, and no layer: a row without it that is no layer is one that was cut or garbled. */
const headerField = /ifmap|filter|channel|stride|^m$/i;

/** A row of a topology, and how it complains about one of its fields. */
interface Row {
  readonly line: number;
  readonly fields: readonly string[];
  readonly fail: (field: string, got: string | number, expected: string, fix: string) => never;
}

/**
 * Reads a topology of SCALE-Sim (CSV): `layer, IFMAP height, IFMAP width, filter height, filter width, channels, num filters, stride[,
 * stride width]`, or as GEMMs `layer, M, N, K`; a sparsity of `1:1` may follow. A header (with ifmap, filter, channel, stride or M
 * behind its first column), empty lines, comments from `#` on and trailing commas are skipped.
 *
 * As in SCALE-Sim maps hold their padding already, a window that reaches over the end of a map counts (the output size is rounded up),
 * and a layer whose name contains `DP` is depthwise. A GEMM is a layer over M pixels, K channels and N filters. The first layer is taken
 * to see the image, the others to stand between ReLUs.
 *
 * @param fileName named in errors; without folder and ending it is the name of the network.
 * @throws SparsityError when the topology or the name is no text; with file, line, field and a way out: a missing or unknown column, a
 * field that is no positive integer, a kernel larger than its map, two layers of one name, no layers.
 * @example
 * ```ts
 * const csv = 'Layer, IFMAP H, IFMAP W, Filter H, Filter W, Channels, Filters, Stride,\nconv1, 28, 28, 5, 5, 1, 6, 1,\n';
 * parseScaleSimTopology(csv, 'lenet.csv').layers[0].nest.outSize; // [1, 24, 24]
 * ```
 */
export function parseScaleSimTopology(csv: string, fileName: string): Network {
  for (const [what, got] of Object.entries({ 'topology of SCALE-Sim': csv, 'file name of a topology': fileName })) {
    if (typeof got === 'string') continue;
    throw new SparsityError({ what, got, expected: 'a text', fix: "pass readFileSync('net.csv', 'utf8') and 'net.csv'" });
  }
  const rows = csv
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .flatMap((text, index) => rowOf(text, index, fileName));
  const header = rows[0]?.fields.some((field, i) => i > 0 && headerField.test(field)) ? rows.shift() : undefined;
  const isGemm = isGemmTopology(header, rows[0]);
  const lines = new Map<string, number>();
  const layers = rows.map((row, i): NetworkLayer => {
    const { line, fail } = row;
    const [name, ...texts] = row.fields;
    if (name === '') fail('layer name', 'nothing', 'a name', 'name the layer in the first column');
    const before = lines.get(name);
    if (before !== undefined) fail('layer name', name, `another name than that of line ${before}`, 'number the layers');
    lines.set(name, line);
    const nest = isGemm ? gemmNest(sizesOf(row, texts, gemmFields, 3)) : topologyNest(row, sizesOf(row, texts, convFields, 7));
    const isDense = isGemm || (nest.outSize[1] * nest.outSize[2] === 1 && nest.groups === 1);
    return {
      name,
      kind: isDense ? 'dense' : 'conv',
      nest,
      needsInputGradient: i > 0,
      input: { relu: i > 0, dropout: 0 },
      output: { relu: i < rows.length - 1, dropout: 0 },
      macs: paddedMacs(nest),
    };
  });
  if (layers.length === 0) {
    const expected = ['layer', ...convFields].join(', ');
    throw new SparsityError({ what: `${fileName}:1`, got: 'no layers', expected, fix: 'write a row for each layer' });
  }
  return { name: fileName.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, ''), batch: 1, layers };
}

/** The fields of a line without its comment and its trailing commas; nothing for a line without fields. */
function rowOf(text: string, index: number, fileName: string): Row[] {
  const fields = text
    .replace(/#.*$/, '')
    .split(',')
    .map((field) => field.trim());
  while (fields.at(-1) === '') fields.pop();
  const line = index + 1;
  const fail: Row['fail'] = (field, got, expected, fix) => {
    throw new SparsityError({ what: `${fileName}:${line} ${field}`, got, expected, fix });
  };
  return fields.length > 0 ? [{ line, fields, fail }] : [];
}

/** By its header, or by the number of columns. */
function isGemmTopology(header: Row | undefined, first: Row | undefined): boolean {
  if (!header) return first?.fields.length === 4;
  if (header.fields[1]?.toUpperCase() !== 'M') return false;
  const columns = header.fields.slice(1, 4).map((field) => field.toUpperCase());
  if (columns.join() !== 'M,N,K') header.fail('header', columns.join(', '), 'M, N, K', 'put the columns in this order');
  return true;
}

const fixOfSparsity = 'leave it out, and give it with the zeros: syntheticRecords(net, {nm}), or --nm 2:4';

function sizesOf({ fail }: Row, texts: readonly string[], names: readonly string[], needed: number): readonly number[] {
  const columns = ['layer', ...names].join(', ');
  const [, kept, group] = /^(\d+):(\d+)$/.exec(texts.at(-1) ?? '') ?? [];
  if (kept !== group) fail('sparsity', `${kept}:${group}`, 'no sparsity: it is not part of a nest', fixOfSparsity);
  const sizes = kept === undefined ? texts : texts.slice(0, -1);
  if (sizes.length < needed) fail(names[sizes.length], 'nothing', columns, 'add the missing column');
  if (sizes.length > names.length) {
    fail(`column ${names.length + 2}`, sizes[names.length], columns, 'remove it, or write # before it');
  }
  return sizes.map((text, i) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
    return fail(
      names[i],
      text === '' ? 'nothing' : text,
      'a positive integer',
      'correct it, or write # before the row to skip it',
    );
  });
}

function gemmNest([m, n, k]: readonly number[]): LoopNest {
  return convNest({ batch: 1, inSize: [m], inChannels: k, outChannels: n, kernelSize: [1] });
}

function topologyNest({ fields: [name], fail }: Row, sizes: readonly number[]): LoopNest {
  const [height, width, kernelHeight, kernelWidth, channels, filters, strideHeight, strideWidth = strideHeight] = sizes;
  const padding = (axis: string, size: number, kernel: number, stride: number): readonly [number, number] => {
    if (kernel > size) {
      const fix = `add the padding to IFMAP ${axis}, which has to hold it`;
      fail(`filter ${axis}`, kernel, `at most ${size}, the IFMAP ${axis}`, fix);
    }
    return [0, Math.ceil((size - kernel) / stride) * stride + kernel - size];
  };
  const isDepthwise = name.includes('DP');
  return convNest({
    batch: 1,
    inSize: [height, width],
    inChannels: channels,
    outChannels: isDepthwise ? channels * filters : filters,
    kernelSize: [kernelHeight, kernelWidth],
    stride: [strideHeight, strideWidth],
    padding: [padding('height', height, kernelHeight, strideHeight), padding('width', width, kernelWidth, strideWidth)],
    groups: isDepthwise ? channels : 1,
  });
}
