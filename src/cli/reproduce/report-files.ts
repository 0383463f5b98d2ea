import { join } from 'node:path';
import { writeAtomically } from '../../ops/atomic-write.js';
import type { Chart } from '../report/contracts.js';
import { svgReport } from '../report/svg-chart.js';
import type { ClaimsFile } from './claims-file.js';
import { claimsMarkdown, claimsTable, wrap } from './claims-table.js';
import type { JudgedClaim } from './verdict.js';

/** What a run of `reproduce` found. */
export interface Reproduction {
  readonly file: ClaimsFile;
  readonly judged: readonly JudgedClaim[];
  /** How it was run, a line each. */
  readonly conditions: readonly string[];
  /** What belongs to no claim, a line each. */
  readonly remarks: readonly string[];
  /** By file name without ending. */
  readonly charts: Readonly<Record<string, Chart>>;
}

/** A reproduction as text of at most 80 columns. */
export function reproductionText({ file, judged, conditions, remarks }: Reproduction): string {
  const lines = (texts: readonly string[]) => texts.flatMap((text) => (text.length <= 80 ? [text] : wrap(text, 80)));
  return ['', `${file.title} (${file.paper})`, '', ...lines(conditions), '', claimsTable(judged), ...lines(remarks)].join('\n');
}

/** A reproduction as JSON text. */
export function reproductionJson({ file, judged, conditions, remarks }: Reproduction): string {
  return JSON.stringify({ paper: file.paper, conditions, claims: judged, remarks }, null, 1);
}

/**
 * Writes `claims.md`, `claims.json` and the charts into a folder; the same findings give the same bytes.
 *
 * @throws SparsityError where a file cannot be written.
 */
export async function writeReproduction(folder: string, reproduction: Reproduction): Promise<void> {
  const { file, judged, conditions, remarks, charts } = reproduction;
  const pictures = Object.keys(charts).map((name) => `![${name}](${name}.svg)\n`);
  const markdown = [
    `# ${file.title} (${file.paper})\n`,
    conditions.map((line) => `- ${line}\n`).join(''),
    `${claimsMarkdown(judged)}\n`,
    remarks.length > 0 ? `\`\`\`\n${remarks.join('\n')}\n\`\`\`\n` : '',
    ...pictures,
  ];
  await writeAtomically(join(folder, 'claims.md'), markdown.join('\n'));
  await writeAtomically(join(folder, 'claims.json'), `${reproductionJson(reproduction)}\n`);
  for (const [name, chart] of Object.entries(charts)) {
    await writeAtomically(join(folder, `${name}.svg`), svgReport({ charts: [chart] }));
  }
}
