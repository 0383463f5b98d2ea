import type { SparsityErrorParts } from '../errors.js';

/** The name under which an option in epochs is given in steps: `endStep` for `endEpoch`, `step` for `epoch`. */
export function stepOption(option: string): string {
  return option.replace(/Epoch(s?)$/, 'Step$1').replace(/\bepoch$/, 'step');
}

/** The name under which an option in steps is given in epochs. */
export function epochOption(option: string): string {
  return option.replace(/Step(s?)$/, 'Epoch$1').replace(/\bstep$/, 'epoch');
}

/** An option as it stands in plain data. */
export interface GivenOption {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What an error names, such as `sides[1].width`, by the names that options have; undefined where there is no such option. */
export function givenAs(options: unknown, what: string): GivenOption | undefined {
  const [named = ''] = what.replace(/^options? of /, '').split(' ');
  const path: string[] = [];
  let value = options;
  for (const name of named.split(/[.[\]]+/)) {
    if (typeof value !== 'object' || value === null || name === '') break;
    const given = [name, epochOption(name)].find((each) => Object.hasOwn(value as object, each));
    if (path.length === 0 && given === undefined) return undefined;
    path.push(given ?? name);
    value = given && (value as Readonly<Record<string, unknown>>)[given];
  }
  return { path, value };
}

/** An error in the terms of the options: what was given in epochs it names and shows in epochs. */
export function asGiven({ what, got, expected, fix }: SparsityErrorParts, options: unknown): SparsityErrorParts {
  const inEpochs = (name: string) => {
    const given = givenAs(options, name);
    const last = given?.path.at(-1);
    return last !== undefined && last !== stepOption(last) && name.endsWith(stepOption(last)) ? given : undefined;
  };
  const own = inEpochs(what);
  const bound = expected.replace(/(\S+) \(\d+\)/g, (text, name: string) => {
    const given = inEpochs(name);
    return given ? `${epochOption(name)} (${given.value})` : text;
  });
  return { what: own ? epochOption(what) : what, got: own ? own.value : got, expected: bound, fix };
}
