/**
 * A small VGG or ResNet-20 on CIFAR-10 or CIFAR-100, trained sparse.
 *
 *     npm run example:cifar -- --data-dir DIR --model vgg-small --method gradual --sparsity 0.9
 */
import { runExample } from './lib/run-example.js';

await runExample({
  script: 'cifar',
  data: 'cifar10',
  model: 'vgg-small',
  epochs: 12,
  batchSize: 32,
  learningRate: 0.001,
});
