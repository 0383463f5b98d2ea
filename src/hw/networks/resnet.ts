import type { NetworkKind } from './contracts.js';
import { type FeatureMap, globalAverage } from './feature-map.js';
import { imageNet } from './image-net.js';
import type { LayerList } from './layer-list.js';

interface Block {
  readonly name: string;
  readonly width: number;
  readonly stride: number;
}

type AddBlock = (list: LayerList, x: FeatureMap, block: Block) => FeatureMap;

/** He et al. 2016: two 3x3 convolutions beside a shortcut, which is a projection where the shape changes. */
const basic: AddBlock = (list, x, { name, width, stride }) => {
  const inner = list.conv(`${name}_a`, x, { filters: width, kernel: 3, stride });
  const out = list.conv(`${name}_b`, inner, { filters: width, kernel: 3 });
  if (x.channels !== width || stride > 1) list.conv(`${name}_shortcut`, x, { filters: width, kernel: 1, stride });
  return out;
};

/** 1x1, 3x3, 1x1; the stride is on the first of them in version 1 (the paper) and on the second in version 1.5 (torchvision). */
function bottleneck(version: 1 | 1.5): AddBlock {
  return (list, x, { name, width, stride }) => {
    const [first, second] = version === 1 ? [stride, 1] : [1, stride];
    const narrow = list.conv(`${name}_a`, x, { filters: width, kernel: 1, stride: first });
    const inner = list.conv(`${name}_b`, narrow, { filters: width, kernel: 3, stride: second });
    const out = list.conv(`${name}_c`, inner, { filters: 4 * width, kernel: 1 });
    if (x.channels !== 4 * width || stride > 1) list.conv(`${name}_shortcut`, x, { filters: 4 * width, kernel: 1, stride });
    return out;
  };
}

function stages(list: LayerList, x: FeatureMap, blocks: readonly number[], firstWidth: number, block: AddBlock): FeatureMap {
  return blocks.reduce((start, count, stage) => {
    let out = start;
    for (let i = 0; i < count; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      out = block(list, out, { name: `stage${stage + 1}_block${i + 1}`, width: firstWidth * 2 ** stage, stride });
    }
    return out;
  }, x);
}

function residual(blocks: readonly number[], block: AddBlock, table1?: NetworkKind['table1']): NetworkKind {
  return {
    ...imageNet,
    build(list, image, classes) {
      const stem = list.conv('conv1', image, { filters: 64, kernel: 7, stride: 2 });
      // Without padding and rounded up, as in the authors' model: 56 in every mode.
      const x = stages(list, list.maxPool(stem, { size: 3, stride: 2, ceil: true }), blocks, 64, block);
      list.dense('fc', globalAverage(x), classes, { relu: false });
    },
    ...(table1 && { table1 }),
  };
}

const cifar = { inputSize: 32, inChannels: 3, classes: 10 } as const;

/** Stages of blocks behind one 3x3 convolution without pooling, for images of 32 or 64 pixels, with projections. */
function smallImages(blocks: readonly number[], firstWidth: number): NetworkKind {
  return {
    ...cifar,
    build(list, image, classes) {
      const x = stages(list, list.conv('conv1', image, { filters: firstWidth, kernel: 3 }), blocks, firstWidth, basic);
      list.dense('out', globalAverage(x), classes, { relu: false });
    },
  };
}

/** The residual network of the DAWNBench training races: eight convolutions, two of the four stages with a block of two. */
const resnet9: NetworkKind = {
  ...cifar,
  build(list, image, classes) {
    const halve = { size: 2, stride: 2 };
    let x = list.conv('prep', image, { filters: 64, kernel: 3 });
    [128, 256, 512].forEach((filters, i) => {
      const name = `layer${i + 1}`;
      x = list.maxPool(list.conv(name, x, { filters, kernel: 3 }), halve);
      if (filters === 256) return;
      const inner = list.conv(`${name}_a`, x, { filters, kernel: 3 });
      list.conv(`${name}_b`, inner, { filters, kernel: 3 });
      x = { ...x, relu: false }; // a sum of two ReLU outputs
    });
    list.dense('out', list.maxPool(x, { size: 4, stride: 4 }), classes, { relu: false });
  },
};

const blocks = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] };

export const resnets = {
  resnet18: residual([2, 2, 2, 2], basic),
  resnet34: residual(blocks[50], basic),
  resnet50: residual(blocks[50], bottleneck(1.5)),
  resnet101: residual(blocks[101], bottleneck(1.5)),
  resnet152: residual(blocks[152], bottleneck(1.5)),
  'resnet50-v1': residual(blocks[50], bottleneck(1), {}),
  'resnet101-v1': residual(blocks[101], bottleneck(1)),
  'resnet152-v1': residual(blocks[152], bottleneck(1)),
  resnet9,
  resnet20: smallImages([3, 3, 3], 16),
  'resnet18-cifar': smallImages([2, 2, 2, 2], 64),
};
