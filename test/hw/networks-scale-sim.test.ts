import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countBits, networkMacs, parseScaleSimTopology, syntheticRecords } from '../../src/hw/index.js';

const header = 'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,';
const parse = (...rows: string[]) => parseScaleSimTopology([header, ...rows].join('\n'), 'nets/tiny.csv');
const failure = (text: string) => {
  try {
    parseScaleSimTopology(text, 'nets/tiny.csv');
  } catch (error) {
    return (error as Error).message;
  }
  return 'read without a complaint';
};

describe('topologies of SCALE-Sim', () => {
  it('have the output sizes and MACs of its own formulas: ceil((H - R + s) / s), H holding the padding', () => {
    const side = fc.integer({ min: 1, max: 40 });
    const small = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(side, side, small, small, small, small, fc.integer({ min: 1, max: 5 }), (h, w, r, s, c, k, stride) => {
        fc.pre(r <= h && s <= w);
        const net = parse(`layer, ${[h, w, r, s, c, k, stride].join(', ')},`);
        const [oh, ow] = [Math.ceil((h - r + stride) / stride), Math.ceil((w - s + stride) / stride)];
        expect(net.layers[0].nest.outSize).toEqual([1, oh, ow]);
        const { conv, dense } = networkMacs(net);
        expect(conv + dense).toBe(oh * ow * r * s * c * k);
      }),
    );
  });

  it('are read with header, comments, empty lines, trailing commas, other line ends and a byte order mark', () => {
    const text = `\uFEFF# a network\r\n\r\n${header}\r\nconv1, 28, 28, 5, 5, 1, 6, 1,#first\r\nDP2,12,12,3,3,6,1,2,,\r\nfc,1,1,1,1,150,10,1\r\n`;
    const net = parseScaleSimTopology(text, 'C:\\nets\\le.net.csv');
    expect([net.name, net.batch]).toEqual(['le.net', 1]);
    expect(net.layers.map(({ name, kind, nest }) => [name, kind, nest.outSize[1], nest.outChannels, nest.groups])).toEqual([
      ['conv1', 'conv', 24, 6, 1],
      ['DP2', 'conv', 6, 6, 6],
      ['fc', 'dense', 1, 10, 1],
    ]);
    expect(net.layers.map(({ needsInputGradient }) => needsInputGradient)).toEqual([false, true, true]);
    expect(parseScaleSimTopology('conv1,28,28,5,5,1,6,1', 'bare').layers[0].nest.outSize).toEqual([1, 24, 24]);
  });

  it('may have two strides, and a sparsity that is none', () => {
    const [two, dense] = parse('two, 9, 9, 3, 3, 1, 1, 2, 3,', 'dense, 9, 9, 3, 3, 1, 1, 2, 2:2,').layers;
    expect(two.nest.outSize).toEqual([1, 4, 3]);
    expect(dense.nest.outSize).toEqual([1, 4, 4]);
  });

  it('are read as GEMMs where the columns are M, N and K', () => {
    const withHeader = parseScaleSimTopology('Layer,M,N,K,\nqkv,128,1536,512,\nout,128,512,512,\n', 'llm.csv');
    expect(withHeader).toEqual(parseScaleSimTopology('qkv,128,1536,512\nout,128,512,512', 'llm.csv'));
    expect(withHeader.layers[0]).toMatchObject({ kind: 'dense', macs: 128 * 1536 * 512 });
    const [first] = syntheticRecords(withHeader, { seed: 1, sparsity: { W: 0.5, A: 0.5 } });
    expect([first.A.shape, first.W.shape, countBits(first.A)]).toEqual([[1, 1, 1, 128, 512], [1, 1, 1, 512, 1536], 128 * 512]);
  });

  it('are laid out in a time that grows with their rows', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `layer${i}, 28, 28, 5, 5, 1, 6, 1,`);
    expect(parse(...rows).layers.length).toBe(20_000);
  });

  it.each([
    [
      'a number that is none',
      'conv1, 28, x28, 5, 5, 1, 6, 1,',
      '2 IFMAP width: got x28, expected a positive integer. Correct it',
    ],
    ['a size of zero', 'conv1, 28, 28, 5, 5, 0, 6, 1,', '2 channels: got 0, expected a positive integer'],
    ['a fraction', 'conv1, 28, 28, 5, 5, 1, 6, 1.5,', '2 stride: got 1.5'],
    ['an empty field', 'conv1, 28, 28, , 5, 1, 6, 1,', '2 filter height: got nothing'],
    ['a missing column', 'conv1, 28, 28, 5, 5, 1, 6,', '2 stride: got nothing, expected layer, IFMAP height'],
    ['a column too many', 'conv1, 28, 28, 5, 5, 1, 6, 1, 1, NPU', '2 column 10: got NPU'],
    [
      'a kernel larger than its map',
      'conv1, 28, 3, 5, 5, 1, 6, 1,',
      '2 filter width: got 5, expected at most 3, the IFMAP width. Add the padding',
    ],
    ['a sparsity', 'conv1, 28, 28, 5, 5, 1, 6, 1, 2:4,', '2 sparsity: got 2:4'],
    ['a layer without a name', ', 28, 28, 5, 5, 1, 6, 1,', '2 layer name: got nothing'],
    [
      'two layers of one name',
      'a, 8, 8, 5, 5, 1, 6, 1,\na, 8, 8, 5, 5, 1, 6, 1',
      '3 layer name: got a, expected another name than that of line 2',
    ],
  ])('say where there is %s', (_, row, message) => {
    expect(failure(`${header}\n${row}`)).toContain(`nets/tiny.csv:${message}`);
  });

  it('say what is wrong with a first row that is neither a header nor a layer', () => {
    const second = 'conv2, 28, 28, 5, 5, 1, 6, 1,';
    expect(failure(`conv1,\n${second}`)).toContain('nets/tiny.csv:1 IFMAP height: got nothing');
    expect(failure(`conv1, x, y, z, a, b, c, d,\n${second}`)).toContain('nets/tiny.csv:1 IFMAP height: got x');
    expect(parseScaleSimTopology(`LAYER, ifmap h, ifmap w,\n${second}`, 'tiny.csv').layers).toHaveLength(1);
    expect(parseScaleSimTopology(`stride2, 28, 28, 5, 5, 1, 6, 2,\n${second}`, 'tiny.csv').layers).toHaveLength(2);
  });

  it('say that there are no layers, or that the columns are in another order', () => {
    expect(failure('')).toContain('nets/tiny.csv:1: got no layers, expected layer, IFMAP height');
    expect(failure(header)).toContain('got no layers');
    expect(failure('Layer,M,K,N\na,1,2,3')).toContain('nets/tiny.csv:1 header: got M, K, N, expected M, N, K');
    expect(failure('Layer,M,N,K\na,1,2')).toContain('nets/tiny.csv:2 K: got nothing');
  });
});
