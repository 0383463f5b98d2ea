import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { SparsityError } from 'tfjs-sparsity';
import { makeOptimizer, parseRunConfig, pruning } from 'tfjs-sparsity/callbacks';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import {
  acdc,
  bdwp,
  type Config,
  gradualMagnitude,
  hardwareAware,
  methodFromConfig,
  type PruningMethod,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { factoriesOf } from '../../src/pruning/config-entry.js';
import { globalAllocation, nm } from '../../src/pruning/index.js';
import * as methods from '../../src/pruning/methods/index.js';
import { expectNoLeak } from '../support/no-leak.js';

const parse = (text: string, names = {}) => parseRunConfig(text, { file: 'run.yaml', names });

/** What is wrong with a text, line by line. */
function complaints(text: string, names = {}): string[] {
  try {
    parse(text, names);
  } catch (error) {
    expect(error).toBeInstanceOf(SparsityError);
    return (error as SparsityError).message.split('\n');
  }
  return [];
}

const whole = `
method:
  name: gradual
  finalSparsity: 0.9
  endEpoch: 3
  pattern: {name: nm, n: 1, m: 10}
  allocation: uniform
  exclude: ['conv*']
policy:
  exclude: /^conv/
  minWeights: 100
  divisibleBy: {input: 16, output: 8}
  policy: xnnpack
execution: sparse
breakEven: 0.5
seed: 7
model: lenet5
data: digits
epochs: 5
batchSize: 32
optimizer: {name: momentum, learningRate: 0.1, momentum: 0.8}
accelerators: [acf, mine.yaml]
`;

describe('a file of a run', () => {
  it('gives the whole run as plain data', () => {
    const config = parse(whole, { model: ['lenet5'], data: ['digits'] });
    expect(config).toEqual({
      method: {
        name: 'gradual',
        finalSparsity: 0.9,
        endEpoch: 3,
        pattern: { name: 'nm', n: 1, m: 10 },
        allocation: 'uniform',
        exclude: ['conv*'],
      },
      policy: { exclude: '/^conv/', minWeights: 100, divisibleBy: { input: 16, output: 8 }, policy: 'xnnpack' },
      execution: 'sparse',
      breakEven: 0.5,
      seed: 7,
      model: 'lenet5',
      data: 'digits',
      epochs: 5,
      batchSize: 32,
      optimizer: { name: 'momentum', learningRate: 0.1, momentum: 0.8 },
      accelerators: ['acf', 'mine.yaml'],
    });
    expect(methodFromConfig(config.method as Config, { stepsPerEpoch: 100 }).config).toMatchObject({
      endStep: 300,
      exclude: ['conv*'],
    });
    expect(parse(JSON.stringify(config))).toEqual(config);
  });

  it('may say as little as one field, and a name for a method without options', () => {
    expect(parse('seed: 3')).toEqual({ seed: 3 });
    expect(parse('method: bdwp')).toEqual({ method: { name: 'bdwp' } });
  });

  const seen: readonly PruningMethod[] = [
    gradualMagnitude({ endStep: 4, finalSparsity: 0.6, allocation: globalAllocation() }),
    gradualMagnitude({ endStep: 4, pattern: nm({ n: 1, m: 4 }) }),
    hardwareAware({ endStep: 4, finalSparsity: 0.5, block: { kind: 'nm', m: 4 } }),
    acdc({ sparsity: 0.5, endStep: 4, sparseSteps: 2, denseSteps: 1 }),
    bdwp({ n: 2, m: 4 }),
  ];

  it.each(seen.map((method) => [method.name, method] as const))(
    'round trip: %s, written as YAML and read again, makes the same masks',
    async (_, method) => {
      await expectNoLeak(async () => {
        const config = parse(stringify({ method: method.config, seed: 5 }));
        const masks = async (use: PruningMethod) => {
          const kernelInitializer = tf.initializers.glorotNormal({ seed: 3 });
          const dense = tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [8], kernelInitializer })] });
          const model = sparsify(dense, {});
          const optimizer = tf.train.sgd(0.1);
          model.compile({ optimizer, loss: 'meanSquaredError' });
          const [x, y] = [tf.randomNormal([8, 8], 0, 1, 'float32', 1), tf.randomNormal([8, 8], 0, 1, 'float32', 2)];
          const callbacks = [pruning(use, { seed: config.seed ?? 0 })];
          await model.fit(x, y, { epochs: 5, shuffle: false, verbose: 0, callbacks });
          const result = prunableKernels(model).map((kernel) => kernel.masks);
          tf.dispose([x, y]);
          optimizer.dispose();
          for (const m of [dense, model]) m.dispose();
          return result;
        };
        expect(await masks(methodFromConfig(config.method as Config))).toEqual(await masks(method));
      });
    },
  );

  it('knows every method that there is', () => {
    for (const name of factoriesOf({ ...methods }).keys()) {
      for (const line of complaints(`method: ${name}`)) expect(line).not.toMatch(/expected one of/);
    }
  });

  it('law: a misspelt key is told with its line and the key that was meant', () => {
    const lines = whole.trim().split('\n');
    const keyed = lines.flatMap((line, i) => (/^ {0,2}\w+:/.test(line) ? [i] : []));
    fc.assert(
      fc.property(fc.constantFrom(...keyed), fc.nat(), (at, position) => {
        const line = lines[at] as string;
        const key = /\w+/.exec(line)?.[0] as string;
        const cut = position % key.length;
        const typo = `${key.slice(0, cut)}x${key.slice(cut)}`;
        const text = [...lines.slice(0, at), line.replace(key, typo), ...lines.slice(at + 1)].join('\n');
        const column = line.indexOf(key) + 1;
        const found = complaints(text).filter((complaint) => complaint.startsWith(`run.yaml:${at + 1}:${column} `));
        // A method or an optimizer without its name is told by that.
        expect(found.length, text).toBeGreaterThan(key === 'name' ? -1 : 0);
        if (key !== 'name') expect(found[0]).toMatch(new RegExp(`Did you mean (\\w+ or )*${key}`));
      }),
    );
  });

  it.each([
    // No run at all.
    ['', 'run.yaml:1:1: got nothing, expected the fields of a run. Begin with method: {name: gradual, endEpoch: 3}.'],
    ['- 1', 'run.yaml:1:1: got [1], expected the fields of a run'],
    ['seed: [1', /^run\.yaml:1:\d+: got .*, expected valid YAML or JSON/],
    ['seed: 1\nseed: 2', /^run\.yaml:2:1: got .*unique.*, expected valid YAML or JSON/],
    // Keys.
    ['epocs: 3', /^run\.yaml:1:1 epocs: got epocs, expected method, policy, .*\. Did you mean epochs\.$/],
    ['policy:\n  exlude: a', /^run\.yaml:2:3 policy\.exlude: got exlude, expected include, exclude, .*\. Did you mean exclude/],
    ['policy: {divisibleBy: {inputs: 4}}', /^run\.yaml:1:24 policy\.divisibleBy\.inputs: .*Did you mean input/],
    ['method: {name: bdwp, M: 8}', /^run\.yaml:1:22 method\.M: got M, expected options among n, m, .*Did you mean/],
    [
      'optimizer: {name: sgd, learningRate: 1, beta1: 0}',
      /^run\.yaml:1:41 optimizer\.beta1: got beta1, expected learningRate, name/,
    ],
    // Names.
    ['method: gradul', /^run\.yaml:1:9 method\.name: got gradul, expected one of acdc, .*\. Did you mean (\w+ or )*gradual/],
    ['method: {name: gradul}', /^run\.yaml:1:10 method\.name: got gradul, .*Did you mean (\w+ or )*gradual/],
    ['method: {endStep: 3}', /^run\.yaml:1:1 method: got undefined, expected one of acdc/],
    ['method: {name: rigl, sparsity: 0.9}', 'run.yaml:1:9 method.endStep: got undefined, expected an integer of at least'],
    ['method: {name: gradual}', /^run\.yaml:1:9 method\.schedule: got undefined, expected a schedule, or endStep of a ramp/],
    ['method: {name: rigl, endEpoch: 0}', 'run.yaml:1:22 method.endEpoch: got 0, expected an integer of at least'],
    [
      'method: {name: gradual, schedule: {name: staged, stages: [{epoch: 1, sparsity: 0.5}, {setp: 1, sparsity: 0.9}]}}',
      'run.yaml:1:86 method.schedule.stages.1: got setp, expected one of step, sparsity. Did you mean step',
    ],
    [
      'method: {name: gradual, beginEpoch: 4, endEpoch: 3}',
      'run.yaml:1:40 method.endEpoch: got 3, expected a step after beginEpoch (4). Give the ramp at least one step',
    ],
    [
      'method: {name: acdc, sparsity: 0.9, beginEpoch: 4, endStep: 3, sparseEpochs: 1, denseEpochs: 1}',
      'run.yaml:1:52 method.endStep: got 3, expected beginEpoch (4) or later. Swap the two.',
    ],
    [
      'method: {name: gradual, schedule: {name: staged, stages: [{epoch: 2, sparsity: 0.5}, {epoch: 1, sparsity: 0.9}]}}',
      'method.schedule.stages.1.epoch: got 1, expected a step after stages[0].epoch (2). Sort the stages by their steps',
    ],
    ['method:', /^run\.yaml:1:1 method: got null, expected a name or its options/],
    ['method: {name: custom}', /It was a function of your own/],
    [
      'method:\n  name: gradual\n  endStep: 9\n  score: magnitud',
      /^run\.yaml:4:10 method\.score\.name: .*Did you mean magnitude/,
    ],
    ['model: lenet', /^run\.yaml:1:1 model: got lenet, expected one of mlp, lenet5\. Did you mean lenet5/],
    ['data: digit', /^run\.yaml:1:1 data: got digit, expected one of digits\. Did you mean digits/],
    [
      'optimizer: {name: adm, learningRate: 1}',
      /^run\.yaml:1:13 optimizer\.name: got adm, expected one of sgd, .*Did you mean adam/,
    ],
    ['accelerators: [acf, sta]', /^run\.yaml:1:21 accelerators\.1: got sta, expected a file .*\. Did you mean sat/],
    ['policy: {policy: xnnpak}', /^run\.yaml:1:10 policy\.policy: got xnnpak, expected one of xnnpack/],
    [
      'method: {name: rigl, endEpoch: 3, profile: jaxpruner2}',
      /^run\.yaml:1:35 method\.profile: got jaxpruner2, expected one of default, jaxpruner\. Did you mean jaxpruner/,
    ],
    ['method: {name: granet, endEpoch: 3, profile: rigl}', /^run\.yaml:1:37 method\.profile: got rigl, expected one of default/],
    ['execution: fast', /^run\.yaml:1:1 execution: got fast, expected one of dense, sparse/],
    // Types.
    ['seed: "1"', 'run.yaml:1:1 seed: got "1", expected a'],
    ['epochs: 2.5', 'run.yaml:1:1 epochs: got 2.5, expected an integer'],
    ['epochs: .nan', 'run.yaml:1:1 epochs: got NaN'],
    ['optimizer: adam', 'run.yaml:1:1 optimizer: got "adam", expected names with values'],
    ['optimizer: {name: adam}', 'run.yaml:1:12 optimizer.learningRate: got undefined, expected a finite number'],
    ['accelerators: acf', /^run\.yaml:1:1 accelerators: got "acf", expected/],
    ['policy: {exclude: 3}', /^run\.yaml:1:10 policy\.exclude: got 3, expected text/],
    ['policy: {skipFirst: "no"}', 'run.yaml:1:10 policy.skipFirst: got "no", expected true or false'],
    ['method: {name: gradual, endStep: "9"}', 'run.yaml:1:25 method.endStep: got 9, expected an integer of at least'],
    ['method: {name: gradual, endStep: 9, pattern: 7}', /^run\.yaml:1:37 method\.pattern: got 7, expected a name or its options/],
    [
      'method: {name: gradual, endStep: 9, exclude: conv1}',
      /^run\.yaml:1:37 method\.exclude: got conv1, expected a list of names/,
    ],
    ['method: {name: gradual, endStep: 9, regrow: "on"}', 'run.yaml:1:37 method.regrow: got on, expected true or false'],
    ['method: {name: gradual, endStep: 9, power: }', 'run.yaml:1:37 method.power: got null, expected a value. Leave power out'],
    ['method: {name: bdwp, n: .nan}', /^run\.yaml:1:22 method\.n: got NaN/],
    ['method: [bdwp]', /^run\.yaml:1:1 method: got \["bdwp"\], expected a name or its options/],
    // Ranges.
    ['epochs: 0', 'run.yaml:1:1 epochs: got 0, expected more than 0'],
    ['breakEven: 2', 'run.yaml:1:1 breakEven: got 2, expected at most 1'],
    ['optimizer: {name: adam, learningRate: 0}', 'run.yaml:1:25 optimizer.learningRate: got 0, expected more than 0'],
    ['optimizer: {name: adam, learningRate: 1, beta1: 1}', 'run.yaml:1:42 optimizer.beta1: got 1, expected less than 1'],
    [
      'method: {name: gradual, endStep: 9, finalSparsity: 90}',
      'run.yaml:1:37 method.finalSparsity: got 90, expected a fraction of zeros',
    ],
    ['method: {name: gradual, endEpoch: -1}', 'run.yaml:1:25 method.endEpoch: got -1, expected a finite number of at least 0'],
    [
      'method:\n  name: gradual\n  endStep: 9\n  pattern: {name: nm, n: 5, m: 4}',
      /^run\.yaml:4:23 method\.pattern\.n: got 5, expected 1 to m = 4/,
    ],
    // Contradictions.
    [
      'method: {name: gradual, endStep: 9, finalSparsity: 0.9, pattern: {name: nm, n: 2, m: 4}}',
      'run.yaml:1:37 method.finalSparsity: got 0.9, expected 0.5, the sparsity of the pattern 2:4. Leave finalSparsity out',
    ],
    [
      'method: {name: gradual, schedule: {name: constant, sparsity: 0.9}, pattern: {name: nm, n: 2, m: 4}}',
      'run.yaml:1:25 method.schedule: got 0.9, expected 0.5, the sparsity of the pattern 2:4. Let it settle at that',
    ],
    [
      'method: {name: gradual, endStep: 9, pattern: {name: nm, n: 2, m: 4}, allocation: {name: map, sparsities: {c: 0.9}}}',
      'run.yaml:1:70 method.allocation: got 0.9, expected uniform, or a map to 0 and 0.5: all layers have the sparsity of the',
    ],
    [
      'method: {name: bdwp, finalSparsity: 0.9}',
      /^run\.yaml:1:22 method\.finalSparsity: .*Its sparsity is 1 - n\/m: choose n and m\.$/,
    ],
    [
      'method: {name: gradual, endStep: 9, endEpoch: 1}',
      'run.yaml:1:37 method.endEpoch: got endStep and endEpoch, expected steps or epochs. Leave endEpoch out, or endStep.',
    ],
    [
      'method: {name: gradual, endStep: 9, schedule: {name: constant, sparsity: 0.5}}',
      /method\.schedule: got a schedule and endStep/,
    ],
    [
      'method: {name: gradual, endEpoch: 9}\nepochs: 5',
      'run.yaml:1:25 method.endEpoch: got 9, expected at most 5, the epochs of the run',
    ],
    [
      "method: {name: per-layer, methods: {fc: {name: gradual, endEpoch: 5}, 'c*': {name: gradual, endEpoch: 9}}}\nepochs: 5",
      'run.yaml:1:93 method.methods.c*.endEpoch: got 9, expected at most 5, the epochs of the run',
    ],
    [
      'method: {name: gradual, schedule: {name: polynomial, finalSparsity: 0.9, endEpoch: 9}}\nepochs: 5',
      'run.yaml:1:74 method.schedule.endEpoch: got 9, expected at most 5, the epochs of the run',
    ],
    ['epochs: 3\nmethod: {name: one-shot, epoch: 5}', 'run.yaml:2:26 method.epoch: got 5, expected at most 3, the epochs of'],
    ['epochs: 3\nmethod: {name: ste, beginEpoch: 5}', 'run.yaml:2:21 method.beginEpoch: got 5, expected at most 3'],
    [
      'epochs: 3\nmethod: {name: gradual, schedule: {name: staged, stages: [{epoch: 1, sparsity: 0}, {epoch: 4, sparsity: 0.5}]}}',
      'run.yaml:2:85 method.schedule.stages.1.epoch: got 4, expected at most 3',
    ],
    [
      'epochs: 3\nmethod: {name: gradual, schedule: {name: iterative, finalSparsity: 0.9}}',
      'run.yaml:2:35 method.schedule.rounds: got 500 x 1 epochs, expected at most 3, the epochs of the run',
    ],
    [
      'epochs: 3\nmethod: {name: gradual, schedule: {name: iterative, finalSparsity: 0.9, rounds: 2, epochsPerRound: 2}}',
      'run.yaml:2:73 method.schedule.rounds: got 2 x 2 epochs, expected at most 3, the epochs of the run',
    ],
    [
      'epochs: 3\nmethod: {name: gradual, schedule: {name: iterative, finalSparsity: 0.9, rounds: five}}',
      /^run\.yaml:2:73 method\.schedule\.rounds: got five, expected an? .*integer/,
    ],
    [
      'method: {name: gradual, beginEpoch: 3, endStep: 2}',
      'run.yaml:1:40 method.endStep: got 2, expected a step after beginEpoch',
    ],
    [
      'method: {name: per-layer, methods: {fc: {name: ste, sparsity: 0.9, pattern: {name: nm, n: 2, m: 4}}, out: sr-ste}}',
      'run.yaml:1:53 method.methods.fc.sparsity: got 0.9, expected 0.5, the sparsity of the pattern 2:4',
    ],
  ])('refuses %j', (text, message) => {
    const [first, ...rest] = complaints(text, { model: ['mlp', 'lenet5'], data: ['digits'] });
    if (typeof message === 'string') expect(first).toContain(message);
    else expect(first).toMatch(message);
    expect(rest).toEqual([]);
  });

  it('tells all that is wrong, a line each', () => {
    expect(
      complaints('epocs: 3\nsed: 1\nexecution: fast\nmethod:\n  name: bdwp\n  k: 1\n  decai: 2\naccelerators: [x]\n'),
    ).toEqual([
      expect.stringMatching(/^run\.yaml:3:1 execution: .*\.$/),
      expect.stringMatching(/^run\.yaml:1:1 epocs: .*\.$/),
      expect.stringMatching(/^run\.yaml:2:1 sed: .*\.$/),
      expect.stringMatching(/^run\.yaml:6:3 method\.k: .*\.$/),
      expect.stringMatching(/^run\.yaml:7:3 method\.decai: .* Did you mean decay\.$/),
      expect.stringMatching(/^run\.yaml:8:16 accelerators\.0: .*\.$/),
    ]);
  });
});

describe('parseRunConfig', () => {
  it('takes a schedule by epochs, whose length is the script is to say', () => {
    const method = { name: 'gradual', schedule: { name: 'iterative', finalSparsity: 0.9, rounds: 2 } };
    expect(parse(JSON.stringify({ method }))).toEqual({ method });
    expect(parse(JSON.stringify({ method, epochs: 2 }))).toEqual({ method, epochs: 2 });
    // Epochs of another length than those of the run.
    const short = { ...method, schedule: { ...method.schedule, stepsPerEpoch: 10 } };
    expect(parse(JSON.stringify({ method: short, epochs: 1 }))).toEqual({ method: short, epochs: 1 });
  });

  it('takes times partly in epochs, partly in steps, whose order is not known yet', () => {
    for (const method of [
      { name: 'gradual', beginEpoch: 1, endStep: 500 },
      { name: 'rigl', beginEpoch: 2, endStep: 900 },
      { name: 'gradual', schedule: { name: 'polynomial', finalSparsity: 0.9, beginEpoch: 1, endStep: 500 } },
    ]) {
      expect(parse(JSON.stringify({ method, epochs: 5 }))).toEqual({ method, epochs: 5 });
    }
  });

  it('takes decimals for the sparsity of an N:M pattern', () => {
    for (const [n, m, finalSparsity] of [
      [4, 5, 0.2],
      [1, 10, 0.9],
      [3, 10, 0.7],
    ]) {
      const method = { name: 'gradual', endStep: 9, finalSparsity, pattern: { name: 'nm', n, m } };
      expect(parse(JSON.stringify({ method }))).toEqual({ method });
    }
    const [line] = complaints('method: {name: gradual, endStep: 9, finalSparsity: 0.3, pattern: {name: nm, n: 4, m: 5}}');
    expect(line).toContain('got 0.3, expected 0.2, the sparsity of the pattern 4:5');
  });

  it.each<[string, unknown, unknown, string]>([
    ['no options', 'epochs: 1', undefined, 'options of parseRunConfig: got undefined, expected an object of file, names'],
    ['no file', 'epochs: 1', {}, 'parseRunConfig.file: got undefined, expected text'],
    [
      'a misspelt option',
      'epochs: 1',
      { file: 'a', name: {} },
      'option of parseRunConfig: got name, expected one of file, names',
    ],
    ['bytes', new TextEncoder().encode('epochs: 1'), { file: 'a' }, 'text of a run: got '],
    ['no text', undefined, { file: 'a' }, 'text of a run: got undefined, expected text'],
  ])('refuses %s', (_, text, options, message) => {
    const read = () => parseRunConfig(text as string, options as never);
    expect(read).toThrow(SparsityError);
    expect(read).toThrow(message);
  });
});

describe('makeOptimizer', () => {
  it.each<[unknown, string]>([
    [undefined, 'optimizer: got undefined, expected names with values'],
    ['adam', 'optimizer: got "adam", expected names with values'],
    [{ learningRate: 1 }, 'optimizer.name: got undefined, expected one of sgd'],
    [{ name: 'adm', learningRate: 1 }, 'optimizer.name: got adm, expected one of sgd, momentum'],
    [{ name: 'momentum' }, 'optimizer.learningRate: got undefined, expected a finite number'],
    [{ name: 'adam', learningRate: '0.1x' }, 'optimizer.learningRate: got "0.1x", expected a finite number'],
    [{ name: 'sgd', learningRate: Number.NaN }, 'optimizer.learningRate: got NaN'],
    [{ name: 'adam', learningRate: 1, beta3: 0.5 }, 'optimizer.beta3: got beta3, expected learningRate, beta1'],
  ])('refuses %j', (config, message) => {
    const make = () => makeOptimizer(config as never);
    expect(make).toThrow(SparsityError);
    expect(make).toThrow(message);
  });

  it.each([
    ['{name: sgd, learningRate: 0.1}', { learningRate: 0.1 }],
    [
      '{name: momentum, learningRate: 0.1, momentum: 0.5, useNesterov: true}',
      { learningRate: 0.1, momentum: 0.5, useNesterov: true },
    ],
    ['{name: adagrad, learningRate: 0.1, initialAccumulatorValue: 0.2}', { learningRate: 0.1, initialAccumulatorValue: 0.2 }],
    ['{name: adadelta, learningRate: 0.1, rho: 0.5}', { learningRate: 0.1, rho: 0.5 }],
    [
      '{name: adam, learningRate: 0.1, beta1: 0.5, epsilon: 0.01}',
      { learningRate: 0.1, beta1: 0.5, beta2: 0.999, epsilon: 0.01 },
    ],
    ['{name: adamax, learningRate: 0.1, decay: 0.5}', { learningRate: 0.1, beta1: 0.9, decay: 0.5 }],
    ['{name: rmsprop, learningRate: 0.1, decay: 0.5, momentum: 0.25}', { learningRate: 0.1, decay: 0.5, momentum: 0.25 }],
  ])('makes %s', async (text, expected) => {
    await expectNoLeak(() => {
      const { optimizer } = parse(`optimizer: ${text}`);
      const made = makeOptimizer(optimizer as never);
      expect(made.getConfig()).toMatchObject(expected);
      made.dispose();
      // The momentum optimizer of tfjs leaves its rate behind.
      tf.dispose((made as unknown as { c?: tf.Tensor }).c as tf.Tensor);
    });
  });
});
