import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClaimsFile } from './claims-file.js';
import { claimsMarkdown } from './claims-table.js';
import type { JudgedClaim } from './verdict.js';

/** What a run of `reproduce` found. */
export interface Reproduction {
  readonly file: ClaimsFile;
  readonly judged: readonly JudgedClaim[];
  /** How it was run, a line each. */
  readonly conditions: readonly string[];
  /** SVG text by file name without ending. */
  readonly charts: Readonly<Record<string, string>>;
}

/** Writes `claims.md`, `claims.json` and the charts into a folder; the same findings give the same bytes. */
export function writeReproduction(folder: string, { file, judged, conditions, charts }: Reproduction): void {
  mkdirSync(folder, { recursive: true });
  const pictures = Object.keys(charts).map((name) => `![${name}](${name}.svg)\n`);
  const markdown = [
    `# ${file.title} (${file.paper})\n`,
    `${conditions.map((line) => `- ${line}`).join('\n')}\n`,
    `${claimsMarkdown(judged)}\n`,
    ...pictures,
  ];
  writeFileSync(join(folder, 'claims.md'), markdown.join('\n'));
  writeFileSync(join(folder, 'claims.json'), `${JSON.stringify({ paper: file.paper, conditions, claims: judged }, null, 1)}\n`);
  for (const [name, svg] of Object.entries(charts)) writeFileSync(join(folder, `${name}.svg`), `${svg}\n`);
}
