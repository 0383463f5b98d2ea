import { SparsityError } from 'tfjs-sparsity';
import { expect, it } from 'vitest';
import { estimatorRegistry, parseAcceleratorSpec, registry } from '../../src/hw/index.js';

const kinds = Object.keys({ ...registry, ...estimatorRegistry }).join(', ');
const table = 'kind: acf\nenergyTable:\n  name: mine\n  nodeNm: 28\n  source: me\n';

it.each([
  // No accelerator at all.
  ['an empty file', '', 'p.yaml:1:1: got nothing, expected the fields of an accelerator. Begin with kind: denseArray.'],
  ['a file of comments', '# rows: 8\n', 'p.yaml:1:1: got nothing, expected the fields of an accelerator'],
  ['a list', '- 1\n- 2\n', 'p.yaml:1:1: got [1,2], expected the fields of an accelerator. Begin with kind: denseArray.'],
  ['a name', 'acf', 'p.yaml:1:1: got acf, expected the fields of an accelerator. Begin with kind: denseArray.'],
  // Kinds.
  [
    'an unknown kind',
    'name: x\nkind: denseAray\n',
    `p.yaml:2:1 kind: got denseAray, expected ${kinds}. Did you mean denseArray.`,
  ],
  ['a missing kind', 'rows: 8\n', `p.yaml:1:1 kind: got undefined, expected ${kinds}. Write kind: acf.`],
  ['a kind that is no text', 'kind: 5\n', `p.yaml:1:1 kind: got 5, expected ${kinds}. Write kind: acf.`],
  // Fields.
  [
    'an unknown field',
    'kind: denseArray\nrows: 8\ncolums: 8\n',
    /^p\.yaml:3:1 colums: got colums, expected kind, .*Did you mean cols\.$/,
  ],
  ['a field that is no text', 'kind: acf\n7: 8\n', /^p\.yaml:2:1 7: got 7, expected kind, name, /],
  [
    'a misspelt field further in',
    `${table}  actoins: {}\n`,
    /^p\.yaml:6:3 energyTable\.actoins: got actoins, expected name, nodeNm, source, actions\. Did you mean actions\.$/,
  ],
  ['a missing field further in', table, /^p\.yaml:3:3 energyTable\.actions: got undefined, expected names with values/],
  [
    'an unknown field of an energy table',
    `${table}  actions: {}\n  sorce: me\n`,
    'p.yaml:7:3 energyTable.sorce: got sorce, expected name, nodeNm, source, actions. Did you mean source.',
  ],
  [
    'an unknown field of an action',
    `${table}  actions:\n    addFp32: {pj: 1, component: compute, source: me, sources: me}\n`,
    'p.yaml:7:54 energyTable.actions.addFp32.sources: got sources, expected pj, component, source. Did you mean source.',
  ],
  // Types.
  [
    'text for a number',
    'kind: acf\nrows: many\n',
    'p.yaml:2:1 rows: got "many", expected a finite number. Write a finite number.',
  ],
  ['a number in quotes', 'kind: acf\nrows: "8"\n', 'p.yaml:2:1 rows: got "8", expected a finite number'],
  ['nothing for a number', 'kind: acf\nrows:\n', 'p.yaml:2:1 rows: got null, expected a finite number'],
  ['a fraction', 'kind: acf\nrows: 2.5\n', 'p.yaml:2:1 rows: got 2.5, expected an integer. Write an integer.'],
  ['infinity', 'kind: acf\nclockGhz: .inf\n', 'p.yaml:2:1 clockGhz: got Infinity, expected a finite number'],
  [
    'no truth value',
    'kind: acf\nsparseMemoryController: on\n',
    'p.yaml:2:1 sparseMemoryController: got "on", expected true or false',
  ],
  [
    'a number for text',
    '{"kind": "acf",\n "sources": {\n  "rows": 3}}',
    'p.yaml:3:3 sources.rows: got 3, expected text. Write text.',
  ],
  ['sources that are no map', 'kind: acf\nsources: 3\n', 'p.yaml:2:1 sources: got 3, expected names with values'],
  // Ranges and choices.
  ['too little', 'kind: acf\nname: x\nrows: -1\n', 'p.yaml:3:1 rows: got -1, expected at least 1. Write at least 1.'],
  ['too much', 'kind: acf\nrows: 5000\n', 'p.yaml:2:1 rows: got 5000, expected at most 1024. Write at most 1024.'],
  ['zero', 'kind: acf\nsramKb: 0\n', 'p.yaml:2:1 sramKb: got 0, expected more than 0. Write more than 0.'],
  [
    'a number not on the list',
    'kind: acf\nbytesPerValue: 3\n',
    /^p\.yaml:2:1 bytesPerValue: got 3, expected one of 1, 2, 4\. Did you mean 1/,
  ],
  [
    'a choice not on the list',
    'kind: acf\ndataflow: Ws\n',
    /^p\.yaml:2:1 dataflow: got Ws, expected one of dynamic, WS, OS, IS\. Did you mean WS/,
  ],
  [
    'fields that the default of another does not go with',
    'kind: balanced\ntorusRows: 9\ntorusCols: 9\n',
    /^p\.yaml:1:1 pes: got 64, expected torusRows \* torusCols, one PE per router/,
  ],
  [
    'a wired interconnect for all dataflows',
    'kind: acf\nreconfigurable: false\n',
    /^p\.yaml:1:1 dataflow: got dynamic, expected WS, OS or IS/,
  ],
  ['a misspelt field of a design of 001', 'kind: scnn001\nweightPerCycle: 4\n', /Did you mean weightsPerCycle/],
  [
    'a name with a space',
    'kind: acf\nname: a b\n',
    'p.yaml:2:1 name: got a b, expected letters, digits, _ and -. Write letters, digits, _ and -.',
  ],
  [
    'an unknown energy table',
    'kind: acf\nenergyTable: 45nm-hbm\n',
    /^p\.yaml:2:1 energyTable: got 45nm-hbm, expected one of 45nm, 45nm-lpddr4, 45nm-hbm2, .*\. Did you mean 45nm-hbm2/,
  ],
  [
    'a price that is no number',
    `${table}  actions:\n    addFp32: {pj: low, component: compute, source: me}\n`,
    'p.yaml:7:15 energyTable.actions.addFp32.pj: got "low", expected a finite number',
  ],
  [
    'a negative price',
    `${table}  actions:\n    addFp32: {pj: -1, component: compute, source: me}\n`,
    'p.yaml:7:15 energyTable.actions.addFp32.pj: got -1, expected at least 0',
  ],
  // Syntax.
  [
    'an open bracket',
    'kind: acf\nrows: [1\n',
    /^p\.yaml:3:1: got .*, expected valid YAML or JSON\. Check quotes, brackets and indentation\.$/,
  ],
  ['a tab', '\tkind: acf\n', /^p\.yaml:1:1: got Tabs .*, expected valid YAML or JSON/],
  ['a field given twice', 'kind: acf\nkind: acf\n', /^p\.yaml:2:1: got Map keys must be unique, expected valid YAML or JSON/],
  [
    'an alias of nothing',
    'kind: acf\nrows: *size\n',
    'p.yaml:2:7: got *size, expected an anchor &size above. Write the value itself.',
  ],
  [
    'an alias of what it is in',
    'kind: acf\nrows: &all\n  - [1, *all]\n',
    'p.yaml:3:9: got *all, expected no value that holds itself. Write the value itself.',
  ],
  [
    'aliases of aliases',
    `a0: &a0 [1, 1]\n${[1, 2, 3].map((i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(20)}]\n`).join('')}`,
    /^p\.yaml:1:1: got Excessive alias count.*, expected few aliases\. Write the values themselves\.$/,
  ],
])('an accelerator file with %s names file, line, column, field and the way out', (_, text, message) => {
  let thrown: unknown;
  try {
    parseAcceleratorSpec(text, 'p.yaml');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SparsityError);
  if (message instanceof RegExp) expect((thrown as Error).message).toMatch(message);
  else expect((thrown as Error).message).toContain(message);
});
