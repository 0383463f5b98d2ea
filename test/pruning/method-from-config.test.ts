import {
  acdc,
  adamFisherScore,
  annealedNm,
  bdwp,
  biMask,
  blockBudgets,
  byLayer,
  type Config,
  channels,
  constantSchedule,
  costDriven,
  dropBack,
  erdosRenyiAllocation,
  exponentialSchedule,
  globalAllocation,
  gradientScore,
  gradualMagnitude,
  granet,
  hardwareAware,
  isNm,
  iterativeSchedule,
  lateSchedule,
  magnitudeScore,
  mapAllocation,
  methodFromConfig,
  momentumScore,
  movementScore,
  nm,
  oneShot,
  oneShotSchedule,
  perLayer,
  polynomialSchedule,
  randomScore,
  rigl,
  saliencyScore,
  sdgp,
  sdwp,
  snip,
  sparseEvolution,
  sparseTrain,
  srSte,
  stagedSchedule,
  staticSparse,
  ste,
  swat,
  topKast,
  transposableMask,
  transposableNm,
  uniformAllocation,
  unstructured,
  wholeBlocks,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';
import * as allocations from '../../src/pruning/allocations/index.js';
import { factoriesOf } from '../../src/pruning/config-entry.js';
import * as methods from '../../src/pruning/methods/index.js';
import * as patterns from '../../src/pruning/patterns/index.js';
import * as schedules from '../../src/pruning/schedules/index.js';
import * as scores from '../../src/pruning/scores/index.js';
import { masksFor, normal } from './kernel-info.js';

describe('methodFromConfig', () => {
  const configs: readonly Config[] = [
    gradualMagnitude({ endStep: 10, pattern: nm({ n: 1, m: 4, axis: -1 }) }).config,
    gradualMagnitude({ endStep: 10, allocation: globalAllocation({ normalise: 'l2' }) }).config,
    gradualMagnitude({ endStep: 10, regrow: true, exclude: ['a'], power: 1, profile: 'tfmot' }).config,
    hardwareAware({ endStep: 10, block: { kind: 'lanes', width: 16 }, budgets: 'mass', regulariser: { lambda: 0.1 } }).config,
    bdwp({ n: 1, m: 16, decay: 0 }).config,
    biMask({ n: 1, m: 8, beginStep: 5 }).config,
    srSte({ n: 1, m: 8, decay: 0, exclude: ['a'] }).config,
    sparseEvolution({ endStep: 90, sparsity: 0.8, allocation: uniformAllocation(), anneal: 'linear' }).config,
    rigl({ endStep: 90, sparsity: 0.8, frequency: 7, profile: 'jaxpruner', exclude: ['a'] }).config,
    granet({ endStep: 90, initialSparsity: 0.3, finalSparsity: 0.7, allocation: uniformAllocation(), initial: 0.2 }).config,
    staticSparse({ sparsity: 0.7, exclude: ['a'] }).config,
    snip({ sparsity: 0.7, exclude: ['a'] }).config,
    hardwareAware({ endStep: 10, score: movementScore() }).config,
    acdc({ sparsity: 0.5, endStep: 40, sparseSteps: 10, denseSteps: 5, pattern: channels(), exclude: ['b'] }).config,
    bdwp({ n: 2, m: 8, weightUpdate: { n: 4, m: 8 } }).config,
    biMask({ permutations: 8, frequency: 50, seed: 'a' }).config,
    oneShot({ sparsity: 0.75, step: 20, pattern: nm({ n: 1, m: 4 }), score: randomScore() }).config,
    dropBack({ sparsity: 0.8, allocation: uniformAllocation(), initialDecay: 0.95 }).config,
    perLayer({ methods: { 'conv*': srSte({ n: 1, m: 8 }), '*': gradualMagnitude({ endStep: 9, pattern: channels() }) } }).config,
    sdgp({ n: 2, m: 16, rescale: 'maxnorm', beginStep: 3 }).config,
    sdwp({ n: 2, m: 8, exclude: ['a'] }).config,
    sparseTrain({ pruningRate: 0.99, beginStep: 3 }).config,
    ste({ sparsity: 0.5, pattern: nm({ n: 2, m: 4 }), frequency: 5 }).config,
    swat({ sparsity: 0.9, activationSparsity: 0.5, allocation: globalAllocation() }).config,
    topKast({ sparsity: 0.8, gradientSparsity: 0.25, penalty: 0 }).config,
    transposableMask({ search: 'greedy', pruned: 'zero', beginStep: 9 }).config,
  ];

  it.each<[string, () => unknown, string]>([
    [
      'an option',
      () => gradualMagnitude({ finalSparsty: 0.5, endStep: 9 } as never),
      'gradual: got finalSparsty, expected one of',
    ],
    ['an option of another case', () => srSte({ N: 2 } as never), 'option of sr-ste: got N'],
    ['an option of a schedule', () => constantSchedule({ sparsity: 0.5, begin: 3 } as never), 'option of constant: got begin'],
    ['an option of a pattern', () => nm({ n: 1, m: 4, axes: 'output' } as never), 'option of nm: got axes'],
    ['an option of a score', () => randomScore({ sed: 1 } as never), 'Did you mean seed'],
    ['an option of an allocation', () => globalAllocation({ normalize: 'l2' } as never), 'Did you mean normalise'],
    ['a pattern beside the blocks', () => hardwareAware({ endStep: 9, pattern: channels() } as never), 'got pattern'],
    ['no options', () => gradualMagnitude(undefined as never), 'options of gradual: got undefined, expected an object'],
    [
      'a name for a pattern',
      () => gradualMagnitude({ endStep: 9, pattern: 'nm' } as never),
      'pattern: got nm, expected a function',
    ],
    ['plain data for a score', () => ste({ score: { name: 'random' } } as never), 'score: got'],
    ['a name by layer', () => byLayer({ patterns: { fc: 'nm' } } as never), 'pattern of fc: got nm, expected a function'],
    ['null for an allocation', () => rigl({ endStep: 9, allocation: null } as never), 'allocation: got null'],
  ])('refuses in code what it refuses in plain data: %s', (_, make, message) => {
    expect(make).toThrow(SparsityError);
    expect(make).toThrow(message);
  });

  it.each(configs)('makes the method again from its own config, by way of JSON: $name', (config) => {
    const again = methodFromConfig(JSON.parse(JSON.stringify(config)));
    expect(again.config).toEqual(config);
    expect(again.name).toBe(config.name);
    expect(again.proximal !== undefined).toBe(config.regulariser !== undefined || config.name === 'dropback');
    expect(again.thin !== undefined).toBe(['sdgp', 'sparse-train', 'swat'].includes(config.name));
  });

  it.each([
    ['schedule', { name: 'polynomial', finalSparsity: 0.5, endStep: 8 }, polynomialSchedule({ finalSparsity: 0.5, endStep: 8 })],
    ['schedule', { name: 'constant', sparsity: 0.5 }, constantSchedule({ sparsity: 0.5 })],
    ['schedule', { name: 'one-shot', sparsity: 0.5, step: 3 }, oneShotSchedule({ sparsity: 0.5, step: 3 })],
    [
      'schedule',
      { name: 'exponential', finalSparsity: 0.5, endStep: 8 },
      exponentialSchedule({ finalSparsity: 0.5, endStep: 8 }),
    ],
    ['schedule', { name: 'late', finalSparsity: 0.5, endStep: 8 }, lateSchedule({ finalSparsity: 0.5, endStep: 8 })],
    [
      'schedule',
      { name: 'iterative', finalSparsity: 0.5, stepsPerEpoch: 8 },
      iterativeSchedule({ finalSparsity: 0.5, stepsPerEpoch: 8 }),
    ],
    [
      'schedule',
      { name: 'staged', stages: [{ step: 3, sparsity: 0.5 }] },
      stagedSchedule({ stages: [{ step: 3, sparsity: 0.5 }] }),
    ],
    ['score', { name: 'magnitude' }, magnitudeScore()],
    ['score', { name: 'random', seed: 'a' }, randomScore({ seed: 'a' })],
    ['score', { name: 'adam-fisher' }, adamFisherScore()],
    ['score', { name: 'gradient' }, gradientScore()],
    ['score', { name: 'momentum' }, momentumScore()],
    ['score', { name: 'movement' }, movementScore()],
    ['score', { name: 'saliency' }, saliencyScore()],
    ['pattern', { name: 'annealed-nm', m: 8 }, annealedNm({ m: 8 })],
    [
      'pattern',
      { name: 'by-layer', patterns: { 'conv*': { name: 'nm', n: 1, m: 4 }, fc: 'channels' }, otherwise: 'unstructured' },
      byLayer({ patterns: { 'conv*': nm({ n: 1, m: 4 }), fc: channels() } }),
    ],
    ['pattern', { name: 'channels', axis: 'input' }, channels({ axis: 'input' })],
    ['pattern', { name: 'transposable-nm', n: 2, m: 4 }, transposableNm({ n: 2, m: 4 })],
    [
      'pattern',
      { name: 'whole-blocks', sides: [{ axis: 0, width: 'all' }] },
      wholeBlocks({ sides: [{ axis: 0, width: 'all' }] }),
    ],
    ['allocation', { name: 'erdos-renyi', powerScale: 2 }, erdosRenyiAllocation({ powerScale: 2 })],
    ['allocation', { name: 'map', sparsities: { fc: 0.5 } }, mapAllocation({ sparsities: { fc: 0.5 } })],
    ['pattern', { name: 'unstructured', profile: 'rigl' }, unstructured({ profile: 'rigl' })],
    ['pattern', { name: 'nm', n: 1, m: 4 }, nm({ n: 1, m: 4 })],
    ['pattern', { name: 'block-budgets', block: { kind: 'row' } }, blockBudgets({ block: { kind: 'row' } })],
    ['allocation', { name: 'uniform' }, uniformAllocation()],
    ['allocation', { name: 'global', profile: 'jaxpruner' }, globalAllocation({ profile: 'jaxpruner' })],
  ] as const)('makes a %s from %o', (part, options, made) => {
    const ramp = part === 'schedule' ? {} : { endStep: 10 };
    expect(methodFromConfig({ name: 'gradual', ...ramp, [part]: options }).config[part]).toEqual(made.config);
  });

  it('makes the same masks', () => {
    const method = hardwareAware({ endStep: 10, block: { kind: 'nm', m: 8 } });
    const weights = normal(256);
    expect(masksFor(methodFromConfig(method.config), weights, [16, 16], 0.8)).toEqual(masksFor(method, weights, [16, 16], 0.8));
  });

  it('knows what an index of the room exports, each under one name, and nothing else', () => {
    const names = (index: object) => [...factoriesOf({ ...index }).keys()].sort();
    expect(names(schedules)).toEqual([
      'constant',
      'cubic',
      'cyclical',
      'exponential',
      'iterative',
      'late',
      'linear',
      'one-shot',
      'polynomial',
      'staged',
    ]);
    expect(names(patterns)).toEqual([
      'annealed-nm',
      'block-budgets',
      'by-layer',
      'channels',
      'nm',
      'transposable-nm',
      'unstructured',
      'whole-blocks',
    ]);
    // They make no part of a method: the one looks at a mask, the other at costs, before there is a method.
    const others: readonly unknown[] = [isNm, costDriven];
    const factories = (index: object) =>
      Object.values(index).filter((value) => typeof value === 'function' && !others.includes(value));
    for (const index of [allocations, methods, patterns, schedules, scores]) {
      expect(names(index)).toHaveLength(factories(index).length);
    }
  });

  it.each([
    [{ name: 'gradua', endStep: 10 }, 'Did you mean gradual'],
    [{ name: 'bdwp', M: 8 }, 'Did you mean'],
    [{ name: 'gradual', endstep: 10 }, 'Did you mean endStep'],
    [{ name: 'bdwp', finalSparsity: 0.9 }, 'pruning method bdwp: got finalSparsity'],
    [{ name: 'gradual', endStep: 10, pattern: { name: 'nm', n: 2, m: 4, axes: 0 } }, 'Did you mean axis'],
    [{ name: 'gradual', endStep: 10, finalSparsity: 90 }, 'in [0, 1)'],
    [{ name: 'toString' }, `one of ${[...factoriesOf({ ...methods }).keys()].join(', ')}`],
  ])('refuses %o', (config, message) => {
    expect(() => methodFromConfig(config)).toThrow(message);
  });
});
