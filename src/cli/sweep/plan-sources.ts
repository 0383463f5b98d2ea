import { SparsityError } from '../../errors.js';
import { locateYaml } from '../../hw/located-yaml.js';
import { workloadFieldNames } from '../workload/workload.js';
import { flagOf } from '../workload/workload-flags.js';
import type { Setting } from './setting-values.js';
import type { PlanSource } from './sweep-plan.js';

/** A plan in a file, YAML or JSON. */
export function planFile(text: string, fileName: string): PlanSource {
  const { value, place } = locateYaml(text, fileName, { what: 'the settings of a sweep', begin: 'network: resnet20' });
  return { value, what: (path) => `${place(path)} ${path.map(String).join('.')}`.trim() };
}

/** The flags of a plan: `fixed` ones by field, and `--vary NAME=VALUES`. */
export interface PlanFlags {
  readonly fixed: Readonly<Record<string, unknown>>;
  readonly accelerators: string;
  readonly vary: readonly string[];
}

/**
 * A plan in flags. What varies and is no field of a workload is one of every accelerator.
 *
 * @throws SparsityError for a `--vary` without values, and for a setting that is varied twice, or varied and fixed.
 */
export function planFlags({ fixed, accelerators, vary }: PlanFlags): PlanSource {
  const settings = vary.map(parseVary);
  const varied = Object.fromEntries(settings);
  const twice = settings.find(([name], i) => settings.findIndex((other) => other[0] === name) < i)?.[0];
  if (twice !== undefined) {
    const fix = `write all values in one: --vary ${twice}=16,32`;
    throw new SparsityError({ what: '--vary', got: `${twice} twice`, expected: 'each setting once', fix });
  }
  const both = settings.find(([name]) => fixed[name] !== undefined)?.[0];
  if (both !== undefined) {
    const got = `${both}, which ${flagOf(both)} fixes at ${fixed[both]}`;
    throw new SparsityError({ what: '--vary', got, expected: 'either of them', fix: `leave ${flagOf(both)} out` });
  }
  const pick = (ofWorkload: boolean) =>
    Object.fromEntries(Object.entries(varied).filter(([name]) => workloadFieldNames.includes(name) === ofWorkload));
  const designs = accelerators.split(',').map((preset) => ({ preset: preset.trim(), ...pick(false) }));
  const given = Object.entries(fixed).filter(([, value]) => value !== undefined);
  return {
    value: { ...Object.fromEntries(given), ...pick(true), accelerators: designs },
    what([first, , field]) {
      if (first !== 'accelerators')
        return Object.hasOwn(varied, String(first)) ? `--vary ${String(first)}` : flagOf(String(first));
      return field === undefined || field === 'preset' ? '--accelerators' : `--vary ${String(field)}`;
    },
  };
}

/** `rows=16,32`, or `rows=16:64:16`: from, to, step. */
function parseVary(text: string): readonly [name: string, values: unknown] {
  const [, name, values] = /^([A-Za-z]\w*)=(.+)$/.exec(text) ?? [];
  if (name === undefined) {
    const fix = 'write --vary rows=16,32,64 or --vary weightSparsity=0.5:0.9:0.1';
    throw new SparsityError({ what: '--vary', got: text, expected: 'NAME=VALUES', fix });
  }
  const range = values.split(':').map(Number);
  const [from, to, step] = range;
  // Not those of nm=2:4,2:8.
  if (range.length === 3 && range.every(Number.isFinite)) return [name, { from, to, step }];
  return [name, values.split(',').map(settingOf)];
}

function settingOf(text: string): Setting {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
