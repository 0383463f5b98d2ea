import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseHTML } from 'linkedom';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { svgReport } from '../../../src/cli/report/svg-chart.js';
import { checks } from '../../../src/cli/reproduce/checks/index.js';
import { papers, parseClaims, readClaims } from '../../../src/cli/reproduce/claims-file.js';
import { conditionsOf } from '../../../src/cli/reproduce/conditions.js';
import { finishedDraws } from '../../../src/cli/reproduce/finished-draws.js';
import { codeIn, digestOf, modelsDigest } from '../../../src/cli/reproduce/models-digest.js';
import { paperCharts } from '../../../src/cli/reproduce/paper-charts.js';
import { reproductionText, writeReproduction } from '../../../src/cli/reproduce/report-files.js';
import { judgeAll } from '../../../src/cli/reproduce/verdict.js';
import { acceleratorsOf } from '../../../src/cli/reproduce/ways.js';
import { createAccelerator, sramAccessPj } from '../../../src/hw/index.js';
import { drawOf } from './support/draws.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reproduce-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const tiny = `paper: "001"
title: Three claims
claims:
  - { id: 6a, claim: a mean, place: Sec. V, kind: exact, values: { mean: 32 }, tolerance: { within: 0.5, why: rounded }, check: trafficMean }
  - { id: 7, claim: traffic, place: Fig. 11, kind: shape, values: { SCNN: 34 }, tolerance: { within: 10, why: maps }, check: trafficByBaseline }
  - { id: 19, claim: accuracy, place: Table III, kind: notCheckable, figure: 55 %, why: transcription }
`;
const draws = ['alexnet-torchvision', 'densenet169'].flatMap((name) =>
  [0, 1].map((draw) => drawOf(name, draw, { balanced: 70 + draw, 'balanced-literal': 71 })),
);
const reproduction = () => {
  const file = parseClaims(tiny, 'tiny.yaml', Object.keys(checks));
  return {
    file,
    conditions: conditionsOf({ draws }, { seed: 1, full: false }),
    judged: judgeAll(file, checks, { draws }),
    remarks: ['nothing else'],
    charts: paperCharts({ draws }),
  };
};

describe('a reproduction', () => {
  it('finds, judges and writes the claims of a file, the same bytes every time', async () => {
    expect(reproduction().judged.map(({ verdict }) => verdict)).toEqual(['exact', 'shape', 'notCheckable']);
    const write = async (name: string) => {
      await writeReproduction(join(dir, name), reproduction());
      return ['claims.md', 'claims.json', 'fig11.svg'].map((file) => readFileSync(join(dir, name, file), 'utf8'));
    };
    const files = [await write('one'), await write('two')];
    expect(files[0]).toEqual(files[1]);
    const [markdown, json] = files[0];
    expect(markdown).toContain('![fig11](fig11.svg)');
    expect(JSON.parse(json).claims[1]).toMatchObject({
      verdict: 'shape',
      outcome: { repaired: { SCNN: expect.closeTo(29.5, 9) } },
    });
  });

  it('says what an access to SRAM is taken to cost, and what it would at its size', () => {
    // 5 pJ * sqrt(KB / 8) of 3072 and 262,144 KB
    const sram = /a PE costs 5, to the global buffer 20 pJ .* 3 MB and 256 MB would cost 98, to the global buffer 905/;
    expect(reproduction().conditions.join('\n')).toMatch(sram);
    const [spec] = acceleratorsOf({ way: 'SRAM by its size', draw: 0 });
    const { sramSmallAccess, sramLargeAccess } = createAccelerator(spec).energyTable.actions;
    expect([sramSmallAccess?.pj, sramLargeAccess?.pj]).toEqual([sramAccessPj(3072), sramAccessPj(262_144)]);
  });

  it('is printed on 80 columns', () => {
    for (const line of reproductionText(reproduction()).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('draws every chart as SVG, and without draws the one of arithmetic only', () => {
    for (const chart of Object.values(reproduction().charts)) {
      const svg = svgReport({ charts: [chart] });
      expect(parseHTML(svg).document.querySelectorAll('svg')).toHaveLength(2);
      expect(svg).not.toContain('NaN');
    }
    expect(Object.keys(paperCharts({ draws: [] }))).toEqual(['fig03']);
  });

  it.each(papers)('reads the claims of paper %s, and finds what needs no simulation', async (paper) => {
    const file = await readClaims(paper, Object.keys(checks));
    const judged = judgeAll(file, checks, { draws: [] });
    const unseen = judged.filter(({ verdict }) => verdict === 'notRun');
    for (const { claim } of unseen) expect(['shape', 'solved']).toContain(claim.kind);
    for (const { verdict, reason } of judged) if (verdict === 'differs') expect(reason).toContain(';');
  });
});

describe('finished draws', () => {
  const job = { network: 'vgg11', way: 'claims', draw: 0, images: 1, seed: 1 } as const;

  it('are found again, those of another seed are not', () => {
    const path = join(dir, 'draws.jsonl');
    finishedDraws(path).add(job, draws[0]);
    expect(finishedDraws(path).find(job)).toEqual(draws[0]);
    expect(finishedDraws(path).find({ ...job, seed: 2 })).toBeUndefined();
  });

  it.each([
    ['version of the package', '../../../src/cli/version.js', { version: '0.0.0-other' }],
    ['code of the models', '../../../src/cli/reproduce/models-digest.js', { modelsDigest: () => '0123456789abcdef' }],
  ])('are not those of another %s', async (_, module, exports) => {
    const path = join(dir, 'draws.jsonl');
    finishedDraws(path).add(job, draws[0]);
    vi.resetModules();
    vi.doMock(module, () => exports);
    onTestFinished(() => {
      vi.doUnmock(module);
      vi.resetModules();
    });
    const other = await import('../../../src/cli/reproduce/finished-draws.js');
    expect(other.finishedDraws(path).find(job)).toBeUndefined();
  });

  it('know the code of the models by all its files, and by every byte of them', () => {
    const hw = codeIn(new URL('../../../src/hw/', import.meta.url)).map(({ pathname }) => pathname);
    expect(hw.some((path) => path.endsWith('src/hw/balanced/balanced.ts'))).toBe(true);
    const folder = pathToFileURL(`${dir}/`);
    mkdirSync(join(dir, 'deep'));
    for (const name of ['a.ts', 'a.d.ts', 'a.md', join('deep', 'b.ts'), 'c.wasm']) writeFileSync(join(dir, name), name);
    expect(codeIn(folder).map(({ pathname }) => relative(dir, pathname))).toEqual(['a.ts', 'c.wasm', 'deep/b.ts']);
    const before = digestOf(codeIn(folder));
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    expect(digestOf(codeIn(folder))).toBe(before);
    writeFileSync(join(dir, 'deep', 'b.ts'), 'other');
    expect(digestOf(codeIn(folder))).not.toBe(before);
    expect(modelsDigest()).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ['no accelerators', { accelerators: undefined }],
    [
      'an accelerator without traffic',
      { accelerators: { balanced: { ...draws[0].accelerators.balanced, dramBytes: undefined } } },
    ],
    ['no zeros of W', { sparsity: { A: 0.4, E: 0.4, G: 0.8 } }],
    ['a word for a figure', { balance: { balanced: { ...draws[0].balance.balanced, even: 'some' } } }],
  ])('are passed over with %s', (_, damage) => {
    const path = join(dir, 'draws.jsonl');
    finishedDraws(path).add(job, { ...draws[0], ...damage } as unknown as (typeof draws)[0]);
    expect(finishedDraws(path).find(job)).toBeUndefined();
  });

  it('outlive a line that was cut short', () => {
    const path = join(dir, 'draws.jsonl');
    finishedDraws(path).add(job, draws[0]);
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n{"key":"12`);
    finishedDraws(path).add({ ...job, draw: 1 }, draws[1]);
    const again = finishedDraws(path);
    expect([again.find(job), again.find({ ...job, draw: 1 })]).toEqual([draws[0], draws[1]]);
  });
});
