import { describe, expect, it } from 'vitest';
import { sums } from '../../../src/cli/reproduce/checks/sums.js';

describe('arithmetic on the figures of 001', () => {
  it('gives the means 31.67, 35.0 and 23.33 and the parts 27 (ledger A6)', () => {
    const means = [sums.trafficMean(), sums.timeMean(), sums.energyMean()].map(({ literal }) => Number(literal?.mean).toFixed(2));
    expect(means).toEqual(['31.67', '35.00', '23.33']);
    expect(sums.partsOfSparseTrain().literal).toEqual({ sum: 27 });
  });
});
