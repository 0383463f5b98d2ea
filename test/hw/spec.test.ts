import { describe, expect, it } from 'vitest';
import type { GemmWork, Preset } from '../../src/hw/index.js';
import { acf, createAccelerator, denseArray, denseNest, parseAcceleratorSpec, presets, registry } from '../../src/hw/index.js';
import { randomWork } from './support/reference.js';

const work: GemmWork = randomWork(denseNest({ batch: 8, inFeatures: 20, outFeatures: 30 }), 'forward', 0.5, 1);

describe('accelerator specs', () => {
  it('are valid JSON and build the same accelerator again', () => {
    for (const accelerator of [
      ...Object.keys(presets).map((name) => createAccelerator(name)),
      denseArray({ rows: 5, dataflow: 'IS' }),
    ]) {
      const again = createAccelerator(JSON.parse(JSON.stringify(accelerator.spec)));
      expect(again.spec).toEqual(accelerator.spec);
      expect(again.energyTable).toEqual(accelerator.energyTable);
      expect(again.start().executeStep([work])).toEqual(accelerator.start().executeStep([work]));
    }
  });

  it.each([
    ...Object.keys(presets).map((name) => [`the preset ${name}`, createAccelerator(name).spec] as const),
    ['acf()', acf().spec] as const,
    ['denseArray()', denseArray().spec] as const,
    ['a file', parseAcceleratorSpec('kind: acf\nname: mine\n', 'mine.yaml')] as const,
  ])('of %s give the source of every number', (_, spec) => {
    const { sources, ...fields } = spec as Preset;
    const numbers = Object.keys(fields).filter((field) => typeof fields[field] === 'number');
    expect(numbers.length).toBeGreaterThan(4);
    for (const field of numbers) expect(sources[field], field).toMatch(/.{8}/);
  });

  it.each(Object.entries(presets))('of the preset %s hold its name and a known kind', (name, preset) => {
    expect(preset.name).toBe(name);
    expect(Object.keys(registry)).toContain(preset.kind);
  });

  it('have the defaults that the first preset of their kind has', () => {
    expect(acf().spec).toEqual(createAccelerator('acf').spec);
    expect(denseArray().spec).toEqual(createAccelerator('dense-array').spec);
  });

  it('do not borrow a source for a number of their own', () => {
    const { sources } = acf({ rows: 64, cols: 48, sources: { cols: 'my floor plan' } }).spec as Preset;
    expect(Object.keys(sources)).not.toContain('rows');
    expect(sources.cols).toBe('my floor plan');
    expect(sources.fanOut).toBe((presets.acf as Preset).sources.fanOut);
  });

  it('read from YAML and from JSON, with defaults filled in', () => {
    const fromYaml = parseAcceleratorSpec('# a small one\nkind: denseArray\nname: small\nrows: 8\n', 'small.yaml');
    const fromJson = parseAcceleratorSpec('{"kind": "denseArray", "name": "small", "rows": 8}', 'small.json');
    expect(fromYaml).toEqual(fromJson);
    expect(fromYaml).toMatchObject({
      kind: 'denseArray',
      name: 'small',
      rows: 8,
      cols: 32,
      dataflow: 'best',
      energyTable: '45nm',
    });
  });

  it('of an unknown name or kind name the nearest', () => {
    expect(() => createAccelerator('dens')).toThrow(/accelerator: got dens, expected .*Did you mean dense-array or/);
    expect(() => createAccelerator('toString')).toThrow('accelerator: got toString');
    expect(() => createAccelerator({ kind: 'densearray', name: 'x' })).toThrow(/got densearray.*Did you mean denseArray/);
    const misspelt = { kind: 'denseArray', name: 'x', row: 3 };
    expect(() => createAccelerator(misspelt)).toThrow(/accelerator x\.row: got row.*Did you mean rows/);
    expect(() => createAccelerator(undefined as never)).toThrow(/^kind of accelerator: got undefined, expected acf, denseArray/);
  });
});
