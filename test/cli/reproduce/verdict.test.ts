import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckedClaim } from '../../../src/cli/reproduce/claims-file.js';
import { claimsMarkdown, claimsTable, wrap } from '../../../src/cli/reproduce/claims-table.js';
import { judge } from '../../../src/cli/reproduce/verdict.js';

const claim: CheckedClaim = {
  ...{ id: '7', claim: 'traffic falls', place: 'Fig. 11', kind: 'shape', check: 'traffic' },
  values: { SCNN: 34, SIGMA: 30 },
  tolerance: { within: 10, why: 'synthetic' },
  ifDiffers: 'rows are wide',
};

describe('a verdict', () => {
  it('is agreement while every figure is within the tolerance, its edge included', () => {
    expect(judge(claim, { repaired: { SCNN: 24, SIGMA: 40 } }).verdict).toBe('shape');
    expect(judge({ ...claim, kind: 'exact' }, { literal: { SCNN: 34, SIGMA: 30 } }).verdict).toBe('exact');
    const decimal = { ...claim, values: { s: 0.88 }, tolerance: { within: 0.005, why: 'printed digits' } };
    expect(judge(decimal, { literal: { s: 0.885 } }).verdict).toBe('shape');
    expect(judge(decimal, { literal: { s: 0.8851 } }).verdict).toBe('differs');
  });

  it('is no agreement where a constant was solved from the figures, and says why they are near', () => {
    const solved = { ...claim, kind: 'solved' } as const;
    expect(judge(solved, { literal: { SCNN: 34, SIGMA: 30 } })).toMatchObject({ verdict: 'solved', reason: 'synthetic' });
    expect(judge(solved, { literal: { SCNN: 3, SIGMA: 30 } }).verdict).toBe('differs');
  });

  it('differs by one figure, one missing figure or one broken law, and says which in one line', () => {
    expect(judge(claim, { repaired: { SCNN: 23, SIGMA: 30 } }).reason).toBe('SCNN is 23, not 34; rows are wide');
    expect(judge(claim, { repaired: { SCNN: 34 } }).reason).toBe('SIGMA is absent, not 30; rows are wide');
    expect(judge(claim, { repaired: { SCNN: Number.NaN, SIGMA: 30 } }).verdict).toBe('differs');
    const laws = [{ text: 'SCNN saves most', holds: false }];
    expect(judge(claim, { repaired: { SCNN: 34, SIGMA: 30 }, laws }).reason).toBe('not so: SCNN saves most; rows are wide');
  });

  it('is told of the literal reading, and of the repaired one where that agrees', () => {
    const judged = judge(claim, { literal: { SCNN: 0, SIGMA: 30 }, repaired: { SCNN: 34, SIGMA: 30 } });
    expect(judged).toMatchObject({ verdict: 'differs', reason: 'SCNN is 0, not 34; repaired: shape; rows are wide' });
  });

  it('of a claim that cannot be checked, or was not run, is no agreement', () => {
    const unseen = {
      ...{ id: '10', claim: 'a plot', place: 'Fig. 12' },
      kind: 'notCheckable',
      figure: '-',
      why: 'no values',
    } as const;
    expect(judge(unseen, undefined)).toMatchObject({ verdict: 'notCheckable', reason: 'no values' });
    expect(judge(claim, undefined).verdict).toBe('notRun');
  });
});

describe('the table of claims', () => {
  const judged = [
    judge(claim, { literal: { SCNN: 12.3456, SIGMA: 30 }, repaired: { SCNN: 33, SIGMA: 31 }, notes: ['a note '.repeat(30)] }),
    judge({ ...claim, claim: 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft' }, undefined),
  ];

  it('fits 80 columns and names every figure', () => {
    const text = claimsTable(judged);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).toContain('SCNN 12.35');
    expect(text).toContain('SIGMA 31');
  });

  it('is a Markdown table of one line per claim', () => {
    const lines = claimsMarkdown(judged).split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line.match(/(?<!\\)\|/g)).toHaveLength(8);
  });

  it('wraps any text without loss of a letter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (words, width) => {
          const lines = wrap(words.join(' '), width);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
