/**
 * LeNet-5 or a multi-layer perceptron on digits, MNIST or Fashion-MNIST, trained sparse.
 *
 *     npm run demo
 *     npm run example:mnist -- --data mnist --data-dir DIR --model lenet5 --method gradual --sparsity 0.9
 */
import { runExample } from './lib/run-example.js';

await runExample({
  script: 'mnist',
  data: 'digits',
  model: 'lenet5',
  epochs: 5,
  batchSize: 32,
  learningRate: 0.002,
});
