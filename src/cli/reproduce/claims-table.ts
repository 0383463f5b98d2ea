import type { Claim } from './claims-file.js';
import { type Figures, type JudgedClaim, show, type Verdict } from './verdict.js';

/** Columns of the printed table; with the spaces between them 80. */
const widths = [3, 18, 15, 15, 15, 9] as const;
const header = ['no.', 'claim', 'paper', 'ours literal', 'ours repaired', 'verdict'];

const verdictNames: Readonly<Record<Verdict, string>> = {
  exact: 'exact',
  shape: 'shape',
  solved: 'solved',
  differs: 'differs',
  notCheckable: 'not checkable',
  notRun: 'not run',
};

/** The claims as text of at most 80 columns: a row each, below it why it differs and under which conditions it was found. */
export function claimsTable(judged: readonly JudgedClaim[]): string {
  const rule = widths.map((width) => '-'.repeat(width)).join(' ');
  return [row(header), rule, ...judged.map(claimRow)].join('\n');
}

function claimRow({ claim, outcome, verdict, reason }: JudgedClaim): string {
  const cells = [
    claim.id,
    `${claim.claim} (${claim.place})`,
    paperCell(claim),
    figureCell(outcome.literal),
    figureCell(outcome.repaired),
    verdictNames[verdict],
  ];
  const notes = [...(reason ? [`why: ${reason}`] : []), ...(outcome.notes ?? [])];
  return [row(cells), ...notes.flatMap((note) => wrap(note, 74).map((line, i) => `    ${i ? '  ' : ''}${line}`)), ''].join('\n');
}

function paperCell(claim: Claim): string {
  return claim.figure ?? (claim.kind === 'notCheckable' ? '-' : figureCell(claim.values));
}

function figureCell(figures: Figures | undefined): string {
  if (figures === undefined) return '-';
  const lines = Object.entries(figures).map(([name, value]) => `${name} ${show(value)}`);
  return lines.join('\n') || '-';
}

/** The claims as a Markdown table. */
export function claimsMarkdown(judged: readonly JudgedClaim[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', '<br>')).join(' | ')} |`;
  const rows = judged.map(({ claim, outcome, verdict, reason }) =>
    line([
      claim.id,
      claim.claim,
      claim.place,
      paperCell(claim),
      figureCell(outcome.literal),
      figureCell(outcome.repaired),
      [reason ? `${verdictNames[verdict]}: ${reason}` : verdictNames[verdict], ...(outcome.notes ?? [])].join('\n'),
    ]),
  );
  return [line(['no.', 'claim', 'place', ...header.slice(2)]), `|${'---|'.repeat(7)}`, ...rows].join('\n');
}

/** Cells beside each other, each wrapped in its column. */
function row(cells: readonly string[]): string {
  const columns = cells.map((cell, i) => cell.split('\n').flatMap((line) => wrap(line, widths[i])));
  const height = Math.max(...columns.map(({ length }) => length));
  const lines = Array.from({ length: height }, (_, line) =>
    columns
      .map((column, i) => (column[line] ?? '').padEnd(widths[i]))
      .join(' ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** Words in lines of at most `width` characters; a word that is longer is cut. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else {
      const pieces = word.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [''];
      lines.splice(line === '' ? lines.length - 1 : lines.length, 1, ...pieces);
    }
  }
  return lines;
}
