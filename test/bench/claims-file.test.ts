import { SparsityError } from 'tfjs-sparsity';
import { describe, expect, it } from 'vitest';
import { parseClaims, readClaims } from '../../bench/reproduce/claims-file.js';

const head = 'paper: "001"\ntitle: A paper\nclaims:\n';
const claim = (id: string, rest = '') => `  - id: ${id}
    claim: a sum
    place: Eq. 1
    kind: exact
    values: { sum: 3 }
    tolerance: { within: 0, why: integers }
    check: theSum
${rest}`;
const parse = (text: string) => parseClaims(text, 'c.yaml', ['theSum']);

describe('a claims file', () => {
  it('that is not there is named, with the folder in which it is not and the one in which it is', () => {
    expect(() => readClaims('999', [])).toThrow(
      `bench/claims/999.yaml: got no such file in ${process.cwd()}, expected the claims of paper 999. Run it in the folder of the project.`,
    );
  });

  it('is read with its defaults, and its numbers of claims become text', () => {
    const { paper, claims } = parse(head + claim('1') + claim('2b'));
    expect(paper).toBe('001');
    expect(claims.map(({ id }) => id)).toEqual(['1', '2b']);
    expect(claims[0]).toMatchObject({ kind: 'exact', values: { sum: 3 }, tolerance: { within: 0 } });
  });

  it.each([
    ['a broken line', `${head}  - id: [1\n`, /^c\.yaml:\d+:\d+: got .*expected valid YAML\. Check quotes/],
    ['an empty file', '', /^c\.yaml:1:1: got nothing, expected object/],
    [
      'a missing field',
      head + claim('1').replace('    place: Eq. 1\n', ''),
      /^c\.yaml:4:5 claims\.0\.place: got nothing, expected string/,
    ],
    ['a misspelt field', head + claim('1', '    ifDifers: no\n'), /^c\.yaml:11:5 claims\.0\.ifDifers: got ifDifers/],
    [
      'a figure that is no number',
      head + claim('1').replace('sum: 3', 'sum: three'),
      /^c\.yaml:8:15 claims\.0\.values\.sum: got three, expected number/,
    ],
    [
      'a negative tolerance',
      head + claim('1').replace('within: 0', 'within: -1'),
      /^c\.yaml:9:18 claims\.0\.tolerance\.within: got -1/,
    ],
    ['an unknown kind', head + claim('1').replace('exact', 'exactly'), /^c\.yaml:7:5 claims\.0\.kind: got exactly/],
    [
      'an unknown check',
      head + claim('1').replace('theSum', 'theSun'),
      /^c\.yaml:10:5 claims\.0\.check: got theSun, expected one of theSum/,
    ],
    ['a number used twice', head + claim('1') + claim('1'), /^c\.yaml:11:5 claims\.1\.id: got 1, expected a number used once/],
    ['a number that is none', head + claim('six'), /^c\.yaml:4:5 claims\.0\.id: got six, expected a number of the ledger/],
  ])('with %s is refused with its place, its field and a way out', (_, text, message) => {
    expect(() => parse(text)).toThrow(SparsityError);
    expect(() => parse(text)).toThrow(message);
  });
});
