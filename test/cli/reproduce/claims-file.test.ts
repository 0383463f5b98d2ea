import { describe, expect, it } from 'vitest';
import { checks } from '../../../src/cli/reproduce/checks/index.js';
import { papers, parseClaims, readClaims } from '../../../src/cli/reproduce/claims-file.js';
import { SparsityError } from '../../../src/errors.js';

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
  it.each(papers)('of paper %s lies in the package', async (paper) => {
    const { paper: named, claims } = await readClaims(paper, Object.keys(checks));
    expect(named).toBe(paper);
    expect(claims.length).toBeGreaterThan(0);
  });

  it('is read with its defaults, and its numbers of claims become text', () => {
    const { paper, claims } = parse(head + claim('1') + claim('2b'));
    expect(paper).toBe('001');
    expect(claims.map(({ id }) => id)).toEqual(['1', '2b']);
    expect(claims[0]).toMatchObject({ kind: 'exact', values: { sum: 3 }, tolerance: { within: 0 } });
  });

  it.each([
    ['a broken line', `${head}  - id: [1\n`, /^c\.yaml:\d+:\d+: got .*expected valid YAML or JSON\. Check quotes/],
    ['an empty file', '', /^c\.yaml:1:1: got nothing, expected the claims of a paper/],
    [
      'a missing field',
      head + claim('1').replace('    place: Eq. 1\n', ''),
      /^c\.yaml:4:5 claims\.0\.place: got undefined, expected text/,
    ],
    ['a misspelt field', head + claim('1', '    ifDifers: no\n'), /^c\.yaml:11:5 claims\.0\.ifDifers: got ifDifers/],
    [
      'a figure that is no number',
      head + claim('1').replace('sum: 3', 'sum: three'),
      /^c\.yaml:8:15 claims\.0\.values\.sum: got "three", expected a finite number/,
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
