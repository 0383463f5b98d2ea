import { alexnet } from './alexnet.js';
import { chatfields } from './chatfield.js';
import type { NetworkKind } from './contracts.js';
import { densenets } from './densenet.js';
import { dpns } from './dpn.js';
import { efficientnets } from './efficientnet.js';
import { googlenets } from './googlenet.js';
import { lstms } from './lstm.js';
import { mobilenets } from './mobilenet.js';
import { nasnets } from './nasnet.js';
import { ppos } from './ppo.js';
import { resnets } from './resnet.js';
import { shufflenets } from './shufflenet.js';
import { small } from './small.js';
import { transformers } from './transformer.js';
import { vggs } from './vgg.js';

/** All networks, by name. */
export const networks: Readonly<Record<string, NetworkKind>> = {
  ...alexnet,
  ...vggs,
  ...chatfields,
  ...resnets,
  ...densenets,
  ...googlenets,
  ...mobilenets,
  ...shufflenets,
  ...efficientnets,
  ...nasnets,
  ...dpns,
  ...small,
  ...transformers,
  ...lstms,
  ...ppos,
};

/** The networks on which 000 proposes to be measured, in its order. */
export const networks000: readonly string[] = ['resnet50', 'efficientnet-b0', 'mobilenet-v2', 'bert-base', 'distilbert', 'ppo'];

/** Networks of the families that 002 names, ResNet, VGG and ViT, for CIFAR and for ImageNet; it gives no sizes: these are chosen. */
export const networks002: readonly string[] = [
  'resnet9',
  'resnet18-cifar',
  'vgg19-cifar',
  'vit-small-4',
  'resnet18',
  'resnet50',
  'vit-small-16',
];

/**
 * The fourteen networks of Table III of 001, in its order. AlexNet is torchvision's, whose accuracy that table prints (ledger claim 19);
 * ShuffleNet is version 1, whose accuracy comes nearer (ledger 3.2); the residual networks are version 1.5.
 */
export const networks001: readonly string[] = [
  'alexnet-torchvision',
  'vgg11',
  'vgg13',
  'vgg16',
  'vgg19',
  'shufflenet-v1',
  'googlenet',
  'densenet169',
  'densenet201',
  'resnet101',
  'resnet152',
  'nasnet-4a',
  'efficientnet-b0',
  'efficientnet-b7',
];

/** The nine networks of Table 1 of 003, in its order: those that mode `table1` counts. */
export const networks003: readonly string[] = [
  'alexnet',
  'googlenet',
  'vgg-m',
  'vgg-s',
  'vgg19',
  'mobilenet-v1',
  'densenet121',
  'dpn92',
  'resnet50-v1',
];
