import type { ExampleDefaults } from '../../examples/lib/options.js';

/** The defaults of the mnist script, which runs as soon as it is imported. */
export const mnistDefaults: ExampleDefaults = {
  script: 'mnist',
  data: 'digits',
  model: 'lenet5',
  epochs: 5,
  batchSize: 32,
  learningRate: 0.002,
};
