import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { denseMacs, network, networkMacs, networks, paddedMacs } from '../../src/hw/index.js';
import { forEachProduct, smallNests } from './support/reference.js';

const names = Object.keys(networks);
/** Networks that take an image and tell its class. */
const classifiers = names.filter((name) => networks[name].sequence === undefined && networks[name].inputSize > 1);
const shapes = (name: string, inputSize?: number) =>
  network(name, inputSize ? { inputSize } : {}).layers.map(({ name, nest }) => {
    const [inSize, outSize, kernel] = [nest.inSize[2], nest.outSize[2], nest.kernelSize[2]];
    return `${name} ${nest.inChannels}x${inSize} ${kernel}/${nest.stride[2]} ${nest.outChannels}x${outSize}${nest.groups > 1 ? ` g${nest.groups}` : ''}`;
  });

describe('networks', () => {
  it('count padded MACs as loops over output pixels and all taps do, never fewer than those inside the map', () => {
    fc.assert(
      fc.property(smallNests, (nest) => {
        let inside = 0;
        forEachProduct(nest, () => inside++);
        const outputs = nest.batch * nest.outSize.reduce((a, b) => a * b) * nest.outChannels;
        const taps = nest.kernelSize.reduce((a, b) => a * b) * (nest.inChannels / nest.groups);
        expect(paddedMacs(nest)).toBe(outputs * taps);
        expect(paddedMacs(nest)).toBeGreaterThanOrEqual(inside);
      }),
    );
  });

  it.each(classifiers)('%s: only its first layer, which sees the image, needs no input gradient', (name) => {
    const { layers } = network(name);
    expect(layers.map(({ needsInputGradient }) => needsInputGradient)).toEqual(layers.map((_, i) => i > 0));
    expect(layers[0].input).toEqual({ relu: false, dropout: 0 });
    expect(layers[0].nest.inChannels).toBe(networks[name].inChannels);
    expect(layers.at(-1)).toMatchObject({ kind: 'dense', output: { relu: false, dropout: 0 } });
    expect(new Set(layers.map((layer) => layer.name)).size).toBe(layers.length);
  });

  it.each(names)('%s: MACs go with the batch, and the classes change the last layer only', (name) => {
    const [one, three] = [networkMacs(network(name)), networkMacs(network(name, { batch: 3 }))];
    for (const part of ['conv', 'convWithoutPadding', 'dense', 'attention'] as const) expect(three[part]).toBe(3 * one[part]);
    if (networks[name].classes === 0) return;
    const last = network(name).layers.at(-1)?.nest;
    const more = networkMacs(network(name, { classes: networks[name].classes + 7 }));
    expect(more.dense - one.dense).toBe(7 * (last?.inChannels ?? 0));
    expect(more.conv).toBe(one.conv);
  });

  it('count without padding what the nests count', () => {
    const { layers } = network('vgg-small', { batch: 2 });
    const convs = layers.filter(({ kind }) => kind === 'conv');
    expect(networkMacs(network('vgg-small', { batch: 2 })).convWithoutPadding).toBe(
      convs.reduce((sum, { nest }) => sum + denseMacs(nest), 0),
    );
  });

  it('have the layers of LeNet-5 that the examples train', () => {
    expect(shapes('lenet5')).toEqual([
      'conv1 1x28 5/1 6x28',
      'conv2 6x14 5/1 16x10',
      'fc1 400x1 1/1 120x1',
      'fc2 120x1 1/1 84x1',
      'out 84x1 1/1 10x1',
    ]);
  });

  it('have the strides of both versions of ResNet-50 where they belong', () => {
    const first = (name: string) => shapes(name).filter((shape) => shape.startsWith('stage2_block1'));
    expect(first('resnet50-v1')).toEqual([
      'stage2_block1_a 256x56 1/2 128x28',
      'stage2_block1_b 128x28 3/1 128x28',
      'stage2_block1_c 128x28 1/1 512x28',
      'stage2_block1_shortcut 256x56 1/2 512x28',
    ]);
    expect(first('resnet50').slice(0, 2)).toEqual(['stage2_block1_a 256x56 1/1 128x56', 'stage2_block1_b 128x56 3/2 128x28']);
  });

  it('grow the dense paths to the widths of their papers', () => {
    const width = (name: string) => network(name).layers.at(-1)?.nest.inChannels;
    expect(['densenet121', 'densenet169', 'densenet201', 'dpn92', 'nasnet-4a'].map(width)).toEqual([
      1024, 1664, 1920, 2688, 1056,
    ]);
  });

  it('stack the layers of an encoder, whose attention has a group per head and no input that is given', () => {
    const { layers } = network('bert-base', { sequence: 6 });
    expect(
      layers.slice(0, 8).map(({ name, kind, nest }) => [name, kind, nest.inChannels, nest.outChannels, nest.groups]),
    ).toEqual([
      ['layer1_query', 'dense', 768, 768, 1],
      ['layer1_key', 'dense', 768, 768, 1],
      ['layer1_value', 'dense', 768, 768, 1],
      ['layer1_scores', 'attention', 768, 72, 12],
      ['layer1_context', 'attention', 72, 768, 12],
      ['layer1_project', 'dense', 768, 768, 1],
      ['layer1_expand', 'dense', 768, 3072, 1],
      ['layer1_contract', 'dense', 3072, 768, 1],
    ]);
    expect(layers.every(({ needsInputGradient, nest }) => needsInputGradient && nest.outSize[2] === 6)).toBe(true);
    expect(layers[4].input).toEqual({ relu: false, dropout: 0.1 });
  });

  it('cut images into patches, with one more token for the class', () => {
    const { layers } = network('vit-small-16');
    expect([layers[0].nest.outSize, layers[1].nest.inSize, layers.at(-1)?.nest.inSize]).toEqual([
      [1, 14, 14],
      [1, 1, 197],
      [1, 1, 1],
    ]);
    expect(layers.map(({ needsInputGradient }) => needsInputGradient)).toEqual(layers.map((_, i) => i > 0));
  });

  it('run a recurrent kernel once per step, of which only later steps have a state to go back to', () => {
    const { layers } = network('bi-lstm', { sequence: 3 });
    expect(layers.map(({ name, use, needsInputGradient }) => [name, use, needsInputGradient])).toEqual(
      ['forward', 'backward'].flatMap((direction) => [
        [`${direction}/kernel`, 0, false],
        [`${direction}/recurrent`, 0, false],
        [`${direction}/recurrent`, 1, true],
        [`${direction}/recurrent`, 2, true],
      ]),
    );
  });

  it('let both the critic and the actor see the observation, and leave no zeros behind a tanh', () => {
    const { layers } = network('ppo');
    expect(layers.filter(({ needsInputGradient }) => !needsInputGradient).map(({ name }) => name)).toEqual([
      'critic_fc1',
      'actor_fc1',
    ]);
    expect(layers.some(({ input, output }) => input.relu || output.relu)).toBe(false);
  });

  it('group what is grouped: AlexNet in two, ShuffleNet in three, DPN-92 in 32, depthwise layers by channel', () => {
    const groups = (name: string) => [...new Set(network(name).layers.map(({ nest }) => nest.groups))].sort((a, b) => a - b);
    expect(groups('alexnet')).toEqual([1, 2]);
    expect(groups('dpn92')).toEqual([1, 32]);
    expect(groups('shufflenet-v1').slice(0, 2)).toEqual([1, 3]);
    for (const { name, nest } of network('mobilenet-v1').layers) {
      expect(nest.groups).toBe(name.endsWith('_dw') ? nest.inChannels : 1);
    }
  });

  it('say where zeros come from: ReLU, dropout, or nothing behind swish, a global average or a narrow end', () => {
    const input = (name: string, layer: string) => network(name).layers.find((each) => each.name === layer)?.input;
    expect(input('vgg16', 'fc7')).toEqual({ relu: true, dropout: 0.5 });
    expect(input('mobilenet-v2', 'stage2_block2_expand')).toEqual({ relu: false, dropout: 0 });
    expect(input('mobilenet-v2', 'stage2_block2_project')).toEqual({ relu: true, dropout: 0 });
    expect(input('resnet50', 'fc')).toEqual({ relu: false, dropout: 0 });
    expect(network('efficientnet-b0').layers.every((layer) => !layer.input.relu && !layer.output.relu)).toBe(true);
    expect(
      network('densenet121')
        .layers.slice(1, -1)
        .every((layer) => layer.input.relu),
    ).toBe(true);
  });

  it('take other images, and say when one is too small', () => {
    expect(shapes('vgg16', 32).at(-3)).toBe('fc6 512x1 1/1 4096x1');
    const tooSmall = 'network alexnet: inputSize: got maps of no pixels, expected an image that is larger than the windows of';
    expect(() => network('alexnet', { inputSize: 20 })).toThrow(tooSmall);
    expect(() => network('vgg16', { inputSize: 8 })).toThrow('windows of a pooling');
  });

  it('say what is wrong with a name, an option or a count', () => {
    expect(() => network('resnet5')).toThrow('Did you mean resnet50');
    expect(() => network('toString')).toThrow('network: got toString');
    expect(() => network(undefined as never)).toThrow('network: got undefined, expected alexnet, ');
    expect(() => network('vgg16', { bacth: 2 } as object)).toThrow('Did you mean batch');
    expect(() => network('vgg16', { batch: 0 })).toThrow('network vgg16: batch: got 0, expected a positive integer');
    expect(() => network('vgg16', { sequence: 9 })).toThrow('sequence: got 9, expected no sequence: it takes images');
    expect(() => network('bert-base', { inputSize: 9 })).toThrow('inputSize: got 9, expected no inputSize: it takes sequences');
    expect(() => network('bi-lstm', { classes: 9 })).toThrow('classes: got 9, expected no classes: it has no output layer');
    expect(() => network('bert-base', { sequence: 0 })).toThrow(
      'network bert-base: sequence: got 0, expected a positive integer',
    );
    expect(() => network('vgg16', { classes: 1.5 })).toThrow('network vgg16: classes: got 1.5');
    expect(() => network('vgg16', { mode: 'caffe' as 'caffeCeil' })).toThrow('Did you mean caffeCeil');
    expect(() => network('vgg16', { mode: 'table1' })).toThrow('Table 1 of 003 has alexnet, googlenet');
    expect(() => network('vgg19', { mode: 'table1', inputSize: 32 })).toThrow('inputSize: got 32, expected 224');
    expect(() => networkMacs(network('efficientnet-b7', { batch: 1_000_000 }))).toThrow('expected less than 2^53');
  });
});
