import fc from 'fast-check';
import {
  type Allocation,
  acdc,
  bdwp,
  blockBudgets,
  byLayer,
  type Config,
  constantSchedule,
  erdosRenyiAllocation,
  globalAllocation,
  gradualMagnitude,
  mapAllocation,
  methodFromConfig,
  methodIssues,
  nm,
  oneShot,
  type PruningMethod,
  polynomialSchedule,
  randomScore,
  sparsityOf,
  ste,
  transposableNm,
  unstructured,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { factoriesOf } from '../../src/pruning/config-entry.js';
import * as methods from '../../src/pruning/methods/index.js';
import { namePattern } from '../../src/pruning/name-pattern.js';
import { anyKernel, anySparsity, kernelInfo, kernelState, normal, rng } from './kernel-info.js';

describe('methodIssues', () => {
  const places = (config: unknown, stepsPerEpoch?: number) =>
    methodIssues(config, stepsPerEpoch === undefined ? {} : { stepsPerEpoch }).map(({ path }) => path.join('.'));

  it('finds nothing in the config of a method', () => {
    expect(methodIssues(gradualMagnitude({ endStep: 9, pattern: nm({ n: 1, m: 4 }) }).config)).toEqual([]);
  });

  it('finds everything that is wrong, each at its place, and not what follows from it', () => {
    const config = {
      name: 'gradual',
      endstep: 9,
      pattern: { name: 'nm', n: 9, m: 4, axs: 0 },
      score: 'magnitud',
      allocation: { name: 'map', sparsities: { fc: 2 } },
      power: null,
    };
    expect(places(config)).toEqual(['endstep', 'pattern.axs', 'score.name', 'allocation', 'power']);
  });

  it('finds what is wrong in the pattern of a layer', () => {
    const of = (patterns: unknown, more = {}) =>
      places({ name: 'gradual', endStep: 9, pattern: { name: 'by-layer', patterns, ...more } });
    expect(of({ fc: 'nm', 'conv*': { name: 'nm', n: 2, k: 4 } })).toEqual(['pattern.patterns.fc.m', 'pattern.patterns.conv*.k']);
    expect(of([])).toEqual(['pattern.patterns']);
    expect(of({}, { otherwise: 'unstructure' })).toEqual(['pattern.otherwise.name']);
    expect(of({ '/(/': 'unstructured' })).toEqual(['pattern.patterns']);
  });

  it('finds what is wrong in the method of a layer, with times in epochs', () => {
    const of = (methods: unknown, stepsPerEpoch?: number) => places({ name: 'per-layer', methods }, stepsPerEpoch);
    expect(of({ fc: { name: 'gradual', endEpoch: 2 }, 'conv*': 'sr-ste' }, 10)).toEqual([]);
    expect(of({ fc: { name: 'gradual' }, 'conv*': { name: 'sr-ste', k: 4 } })).toEqual([
      'methods.fc.schedule',
      'methods.conv*.k',
    ]);
    expect([of([]), of({}), of(undefined)]).toEqual([['methods'], ['methods'], ['methods']]);
    const config = { name: 'per-layer', methods: { '*': { name: 'gradual', endEpoch: 2 } } };
    expect(methodFromConfig(config, { stepsPerEpoch: 10 }).config).toMatchObject({ methods: { '*': { endStep: 20 } } });
  });

  it('finds a wrong value at the option that it was given to', () => {
    expect(places({ name: 'gradual', endStep: 9, finalSparsity: 9 })).toEqual(['finalSparsity']);
    expect(places({ name: 'gradual', endStep: 9, pattern: { name: 'nm', n: 5, m: 4 } })).toEqual(['pattern.n']);
    expect(places({ name: 'hardware-aware', endStep: 9, block: { kind: 'rows' } })).toEqual(['block.kind']);
    expect(places({ name: 'hardware-aware', endStep: 9, block: 'row' })).toEqual(['block']);
  });

  it('finds what an option inside another does not have', () => {
    const aware = { name: 'hardware-aware', endStep: 9 };
    const lanes = { kind: 'lanes', width: 4 };
    expect(places({ ...aware, block: { ...lanes, axes: 'output' } })).toEqual(['block']);
    expect(places({ ...aware, block: { ...lanes, axis: 'outputs' } })).toEqual(['block.axis']);
    expect(places({ ...aware, block: { kind: 'row', width: 4 } })).toEqual(['block']);
    expect(places({ ...aware, block: 4 })).toEqual(['block']);
    expect(places({ ...aware, regulariser: { lamda: 0.1 } })).toEqual(['regulariser']);
    expect(places({ ...aware, regulariser: { kind: 'proximal', lambda: 0.1, beta: 1 } })).toEqual(['regulariser']);
    expect(places({ ...aware, regulariser: { kind: 'group-lasso', lambda: 0.1, gamma: 1 } })).toEqual(['regulariser']);
    expect(places({ name: 'bdwp', weightUpdate: { n: 2, m: 8, axis: 'output' } })).toEqual(['weightUpdate']);
    expect(
      places({ ...aware, block: { ...lanes, axis: 'output' }, regulariser: { kind: 'surrogate', lambda: 0.1, beta: 1 } }),
    ).toEqual([]);
  });

  it('finds what is wrong in a stage or a side, by its number', () => {
    const staged = (...stages: unknown[]) => places({ name: 'gradual', schedule: { name: 'staged', stages } }, 10);
    expect(staged(null)).toEqual(['schedule.stages.0']);
    expect(staged({ step: 1, sparsity: 0.5 }, { setp: 3, sparsity: 0.9 })).toEqual(['schedule.stages.1']);
    expect(staged({ step: 1, sparsity: 0.5 }, { step: 3, sparsity: 9 })).toEqual(['schedule.stages.1.sparsity']);
    expect(staged({ sparsity: 0.5 })).toEqual(['schedule.stages.0.step']);
    expect(staged({ epoch: '1', sparsity: 0.5 })).toEqual(['schedule.stages.0']);
    expect(staged({ epoch: 2, sparsity: 0.5 }, { epoch: 1, sparsity: 0.9 })).toEqual(['schedule.stages.1.epoch']);
    expect(staged({ epoch: 2, step: 3, sparsity: 0.5 })).toEqual(['schedule.stages.0']);
    expect(staged({ epoch: 1, sparsity: 0.5 }, { step: 20, sparsity: 0.9 })).toEqual([]);
    const whole = (...sides: unknown[]) => places({ name: 'gradual', endStep: 9, pattern: { name: 'whole-blocks', sides } });
    expect(whole(null)).toEqual(['pattern.sides.0']);
    expect(whole({ axis: 'input', width: 4, pooling: 'max' })).toEqual(['pattern.sides.0']);
    expect(whole({ axis: 'input', width: 4 }, { axis: 'in', width: 4 })).toEqual(['pattern.sides.1.axis']);
    expect(whole({ axis: 'input' })).toEqual(['pattern.sides.0.width']);
  });

  it('names an option that is missing, and one in epochs as it was given', () => {
    expect(places({ name: 'gradual' })).toEqual(['schedule']);
    expect(places({ name: 'rigl', sparsity: 0.9 })).toEqual(['endStep']);
    expect(places({ name: 'rigl', endEpoch: 0 }, 9)).toEqual(['endEpoch']);
    expect(places({ name: 'gradual', schedule: { name: 'polynomial', finalSparsity: 0.9 } })).toEqual(['schedule.endStep']);
  });

  it('law: whatever a method is given, there is a list of issues, and methodFromConfig throws the first', () => {
    const factories = [...factoriesOf({ ...methods })];
    const options = [...new Set(factories.flatMap(([, { entry }]) => entry.options))];
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(Number.NaN, -1, 0.5, 4, { name: 'nm', n: 2, m: 4 }, { kind: 'row' }));
    const config = fc.record({
      name: fc.constantFrom(...factories.map(([name]) => name)),
      given: fc.dictionary(fc.constantFrom(...options), value, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(config, ({ name, given }) => {
        const all = { endStep: 9, ...given, name };
        const [issue] = methodIssues(all);
        if (issue) expect(() => methodFromConfig(all)).toThrow(issue.parts.expected);
        else expect(methodFromConfig(all).config.name).toBe(name);
      }),
      { numRuns: 500 },
    );
  });
});

describe('methodFromConfig', () => {
  it('takes times in epochs, at every depth', () => {
    const made = (config: Config) => methodFromConfig(config, { stepsPerEpoch: 10 }).config;
    expect(made({ name: 'gradual', beginEpoch: 0.25, endEpoch: 3 })).toMatchObject({ beginStep: 3, endStep: 30 });
    expect(made({ name: 'acdc', sparsity: 0.5, endEpoch: 4, sparseEpochs: 1, denseEpochs: 1 })).toMatchObject({
      endStep: 40,
      sparseSteps: 10,
      denseSteps: 10,
    });
    const schedule = { name: 'one-shot', sparsity: 0.5, epoch: 2 };
    expect(made({ name: 'gradual', schedule })).toMatchObject({ schedule: { step: 20 } });
    const stages = [0, 1.5, 3].map((epoch, i) => ({ epoch, sparsity: [0, 0.5, 0.75][i] }));
    const annealed = made({ name: 'gradual', schedule: { name: 'staged', stages }, pattern: { name: 'annealed-nm', m: 8 } });
    const steps = [0, 15, 30].map((step, i) => ({ step, sparsity: [0, 0.5, 0.75][i] }));
    expect(annealed).toMatchObject({ schedule: { name: 'staged', stages: steps } });
    const iterative = { name: 'iterative', finalSparsity: 0.5, stepsPerEpoch: 8 };
    expect(made({ name: 'gradual', schedule: iterative })).toMatchObject({ schedule: { stepsPerEpoch: 8 } });
    const { stepsPerEpoch: _, ...byEpochs } = iterative;
    expect(made({ name: 'gradual', schedule: byEpochs })).toMatchObject({ schedule: { stepsPerEpoch: 10 } });
    expect(() => methodFromConfig({ name: 'gradual', schedule: byEpochs })).toThrow('stepsPerEpoch: got undefined');
  });

  it('takes a name for a part without options', () => {
    const config = { name: 'gradual', endStep: 9, allocation: 'global', pattern: 'unstructured' };
    expect(methodFromConfig(config).config).toMatchObject({ allocation: { name: 'global' }, pattern: { name: 'unstructured' } });
  });

  it.each([
    [{ name: 'gradual', endStep: 9, endEpoch: 1 }, 10, /got endStep and endEpoch, expected steps or epochs/],
    [
      { name: 'gradual', endEpoch: 1 },
      undefined,
      /got endEpoch, expected options among .*Give endStep, or stepsPerEpoch beside the config\.$/,
    ],
    [{ name: 'gradual', endEpoch: '1' }, 10, /^endEpoch: got 1, expected a finite number/],
    [{ name: 'gradual', beginEpoch: 4, endEpoch: 3 }, 10, /^endEpoch: got 3, expected a step after beginEpoch \(4\)\./],
    [{ name: 'gradual', endEpok: 1 }, 10, /Did you mean endEpoch/],
    [{ name: 'gradual', endEpoch: 1 }, 0, /^stepsPerEpoch: got 0, expected a finite number above 0/],
    [{ name: 'bdwp', sparsity: 0.5 }, undefined, /Its sparsity is 1 - n\/m: choose n and m\.$/],
    [{ name: 'bdwp', n: null }, undefined, /^n: got null, expected a value\. Leave n out for its default/],
    [{ name: 'gradual', endStep: 9, pattern: [] }, undefined, /^pattern: got \[\], expected a name or its options/],
    [{ name: 'gradual', endStep: 9, exclude: 'fc' }, undefined, /^exclude: got fc, expected a list of names/],
    [{ name: 'gradual', endStep: 9, exclude: [7] }, undefined, /^exclude: got 7, expected the name of a layer/],
    [{ name: 'gradual', endStep: 9, exclude: ['/(/'] }, undefined, /^exclude: got \/\(\/ \(.*expected a regular expression/],
    [{ name: 'gradual', endStep: 9, regrow: 'no' }, undefined, /^regrow: got no, expected true or false/],
    [
      { name: 'gradual', endStep: 9, pattern: { name: 'nm', n: 2, m: 4, axis: 'in' } },
      undefined,
      /^axis: got in, expected input/,
    ],
    [
      { name: 'gradual', endStep: 9, pattern: { name: 'annealed-nm', m: 4, axis: {} } },
      undefined,
      /^axis: got \{\}, expected input/,
    ],
    [
      { name: 'gradual', endStep: 9, pattern: { name: 'channels', axis: 'window' } },
      undefined,
      /^axis: got window, expected input, output or/,
    ],
    [
      { name: 'gradual', endStep: 9, pattern: { name: 'whole-blocks', sides: {} } },
      undefined,
      /^sides: got \{\}, expected a list/,
    ],
    [
      { name: 'gradual', endStep: 9, score: { name: 'random', seed: [] } },
      undefined,
      /^seed: got \[\], expected a number or text/,
    ],
    [
      { name: 'gradual', endStep: 9, allocation: { name: 'erdos-renyi', includeKernel: 1 } },
      undefined,
      /^includeKernel: got 1, expected true or false/,
    ],
    [
      { name: 'gradual', endStep: 9, allocation: { name: 'map', sparsities: [0.5] } },
      undefined,
      /^sparsities: got \[0\.5\], expected/,
    ],
  ])('refuses %o with %s steps an epoch', (config, stepsPerEpoch, message) => {
    const options = stepsPerEpoch === undefined ? {} : { stepsPerEpoch };
    expect(() => methodFromConfig(config as Config, options)).toThrow(message);
  });
});

describe('byLayer', () => {
  it('law: gives each layer the mask of its own pattern', () => {
    const [pairs, most, rest] = [nm({ n: 1, m: 4 }), nm({ n: 3, m: 4 }), unstructured()];
    const pattern = byLayer({ patterns: { 'fc*': pairs, fc1: most, '/./': rest } });
    fc.assert(
      fc.property(anyKernel, anySparsity, fc.constantFrom('fc1', 'fc2', 'conv'), ({ info, scores }, sparsity, name) => {
        const own = { fc1: most, fc2: pairs, conv: rest }[name as 'fc1'];
        const named = { ...info, name };
        expect(pattern(scores, named, sparsity)).toEqual(own(scores, named, sparsity));
      }),
    );
  });

  it('is the pattern of a method: N:M here, single weights there, by hand', () => {
    const method = gradualMagnitude({ endStep: 2, pattern: byLayer({ patterns: { fc: nm({ n: 1, m: 2 }) } }) });
    const weights = Float32Array.of(4, 3, 2, 1);
    const kernels = ['fc', 'out'].map((name) => ({ info: { ...kernelInfo([4, 1]), name }, weights, masks: undefined }));
    const masks = method.updateMasks(kernels, { step: 2, sparsity: 0.5, rng });
    expect(masks.map(({ forward }) => [...(forward as Uint8Array)].join(''))).toEqual(['1010', '1100']);
  });
});

describe('names in plain data', () => {
  it('stand for themselves, with * for any text, between slashes for an expression', () => {
    const passed = (pattern: string) => ['fc1', 'fc10', 'a.fc1', 'fc+'].filter(namePattern(pattern, 'name').test);
    expect(passed('fc1')).toEqual(['fc1']);
    expect(passed('fc*')).toEqual(['fc1', 'fc10', 'fc+']);
    expect(passed('*fc1')).toEqual(['fc1', 'a.fc1']);
    expect(passed('*.fc*')).toEqual(['a.fc1']);
    expect(passed('fc+')).toEqual(['fc+']);
    expect(passed('/c.$/')).toEqual(['fc1', 'a.fc1', 'fc+']);
    expect(passed('/')).toEqual([]);
  });

  it('give layers their sparsities: a plain name before a pattern, an earlier pattern before a later one', () => {
    const kernels = ['conv1', 'fc1', 'fc2', 'out'].map((name) => ({
      info: { ...kernelInfo([1, 2]), name },
      scores: new Float32Array(2),
    }));
    const allocation = mapAllocation({ sparsities: { 'fc*': 0.8, '/^[fc]/': 0.6, fc2: 0.1 } });
    expect(allocation(kernels, 0.5)).toEqual([0.6, 0.8, 0.1, 0.5]);
    expect(() => mapAllocation({ sparsities: { 'x*': 0.5 } })(kernels, 0.5)).toThrow(
      /^sparsities by layer: got x\*, expected names among/,
    );
  });

  it('leave layers dense', () => {
    const { skip } = bdwp({ m: 2, n: 1, exclude: ['fc*'] });
    expect([skip({ ...kernelInfo([2, 2]), name: 'fc7' }), skip(kernelInfo([2, 2]))]).toEqual(['excluded by name', undefined]);
  });
});

describe('a ramp with an N:M pattern', () => {
  it('ends at the sparsity of the pattern, where none is given', () => {
    const final = (options: object) => gradualMagnitude({ endStep: 9, ...options } as never).config.finalSparsity;
    expect(final({ pattern: nm({ n: 1, m: 4 }) })).toBe(0.75);
    expect(final({ pattern: transposableNm({ n: 2, m: 4 }) })).toBe(0.5);
    expect(final({ pattern: nm({ n: 4, m: 5 }) })).toBe(0.2);
    expect(final({ pattern: nm({ n: 1, m: 10 }), finalSparsity: 1 - 1 / 10 })).toBe(0.9);
    expect(final({ pattern: byLayer({ patterns: { 'conv*': nm({ n: 2, m: 4 }) }, otherwise: nm({ n: 4, m: 8 }) }) })).toBe(0.5);
    expect(final({ pattern: byLayer({ patterns: { 'conv*': nm({ n: 2, m: 4 }) } }), finalSparsity: 0.8 })).toBe(0.8);
    expect(final({})).toBe(0.9);
    const own = gradualMagnitude({
      pattern: nm({ n: 1, m: 4 }),
      schedule: polynomialSchedule({ finalSparsity: 0.75, endStep: 2 }),
    });
    expect(own.schedule(2).sparsity).toBe(0.75);
    const dense = (step: number) => ({ sparsity: step < 9 ? 0.75 : 0, update: true });
    expect(gradualMagnitude({ pattern: nm({ n: 1, m: 4 }), schedule: dense }).schedule(9).sparsity).toBe(0);
  });

  it('is that sparsity of the other methods too: oneShot says in its config what its masks have', () => {
    const pattern = nm({ n: 2, m: 4 });
    for (const method of [oneShot({ pattern }), ste({ pattern })]) expect(method.config.sparsity).toBe(0.5);
    const [masks] = oneShot({ pattern }).updateMasks([kernelState(normal(64), kernelInfo([8, 8]))], {
      step: 0,
      sparsity: 0.5,
      rng,
    });
    expect(sparsityOf(masks?.forward ?? null)).toBe(0.5);
  });

  const pattern = nm({ n: 2, m: 4 });
  const schedule = constantSchedule({ sparsity: 0.9 });
  const own = 'got 0.9, expected 0.5, the sparsity of the pattern 2:4';
  it.each<[string, () => PruningMethod]>([
    ['finalSparsity', () => gradualMagnitude({ finalSparsity: 0.9, endStep: 9, pattern })],
    ['finalSparsity', () => gradualMagnitude({ finalSparsity: 0.9, endStep: 9, pattern: transposableNm({ n: 2, m: 4 }) })],
    [
      'finalSparsity',
      () => gradualMagnitude({ finalSparsity: 0.9, endStep: 9, pattern: byLayer({ patterns: { '*': pattern } }) }),
    ],
    ['schedule', () => gradualMagnitude({ schedule, pattern })],
    ['schedule', () => methodFromConfig({ name: 'gradual', schedule: schedule.config as Config, pattern: pattern.config })],
    ['sparsity', () => oneShot({ sparsity: 0.9, pattern })],
    ['sparsity', () => ste({ sparsity: 0.9, pattern })],
    ['sparsity', () => acdc({ sparsity: 0.9, pattern, endStep: 9, sparseSteps: 2, denseSteps: 2 })],
  ])('is refused where it is another: %s, %o', (option, make) => {
    expect(make).toThrow(`${option}: ${own}`);
  });

  it('takes no allocation of other sparsities, which the masks would not have, but for layers that it leaves dense', () => {
    const map = (sparsities: Readonly<Record<string, number>>) => mapAllocation({ sparsities });
    const makes = (allocation: Allocation) => [
      () => gradualMagnitude({ endStep: 9, pattern, allocation }),
      () => oneShot({ pattern, allocation }),
      () => ste({ pattern: byLayer({ patterns: { '*': pattern } }), allocation }),
      () => acdc({ sparsity: 0.5, pattern, allocation, endStep: 9, sparseSteps: 2, denseSteps: 2 }),
    ];
    const refused = 'expected uniform, or a map to 0 and 0.5: all layers have the sparsity of the pattern 2:4';
    for (const make of makes(map({ a: 0.5, b: 0.9 }))) expect(make).toThrow(`allocation: got 0.9, ${refused}`);
    for (const make of makes(globalAllocation())) expect(make).toThrow(`allocation: got global, ${refused}`);
    for (const make of makes(erdosRenyiAllocation())) expect(make).toThrow(`allocation: got erdos-renyi, ${refused}`);
    const own: Allocation = (kernels, sparsity) => kernels.map((_, i) => (i > 0 ? sparsity : 0));
    for (const allocation of [map({ a: 0.5, b: 0 }), own]) for (const make of makes(allocation)) make();
    gradualMagnitude({ endStep: 9, pattern: byLayer({ patterns: { fc: pattern } }), allocation: globalAllocation() });
    const some = (fc: number) => () =>
      gradualMagnitude({ endStep: 9, pattern: byLayer({ patterns: { fc: pattern } }), allocation: map({ fc, conv: 0.9 }) });
    expect(some(0.9)).toThrow('allocation of fc: got 0.9, expected 0 or 0.5, the sparsity of its pattern 2:4');
    for (const make of [some(0.5), some(0)]) make();
    for (const rest of [{ finalSparsity: 0.9 }, { unnamed: 0.9 }]) {
      const allocation = mapAllocation({ sparsities: { a: 0.5 }, ...rest });
      for (const make of makes(allocation)) expect(make).toThrow(`allocation: got 0.9, ${refused}`);
    }
  });
});

describe('budgets of rows', () => {
  it('are those of the outputs where these are the first axis, as the transposed kernel has them', () => {
    const weights = normal(24).map(Math.abs);
    const turned = Float32Array.from(weights, (_, i) => weights[(i % 6) * 4 + Math.floor(i / 6)] as number);
    const pattern = blockBudgets({ block: { kind: 'row' } });
    const mask = pattern(weights, { ...kernelInfo([6, 4]), inputAxis: 0, outputAxis: 1 }, 0.5);
    const other = pattern(turned, { ...kernelInfo([4, 6]), inputAxis: 1, outputAxis: 0 }, 0.5);
    expect(other).toEqual(Uint8Array.from(turned, (_, i) => mask[(i % 6) * 4 + Math.floor(i / 6)] as number));
    expect(pattern(turned, { ...kernelInfo([1, 4, 6]), inputAxis: 2, outputAxis: 1 }, 0.5)).toEqual(other);
    const between = { ...kernelInfo([2, 3, 4]), inputAxis: 2, outputAxis: 1 };
    expect(() => pattern(weights, between, 0.5)).toThrow(/^output axis of kernel: got 1, expected the first or the last axis/);
  });
});

it('randomScore takes text and numbers for its seed', () => {
  for (const seed of ['a', 7]) expect(randomScore({ seed }).config).toEqual({ name: 'random', seed });
});
