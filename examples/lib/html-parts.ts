import { escapeXml } from 'tfjs-sparsity/report';

/** A table; the first column is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell, i) => `<${tag}${i === 0 ? ' class="text"' : ''}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table></div>`;
}

/** A sentence below a table. */
export function paragraph(sentence: string): string {
  return `<p>${escapeXml(sentence)}</p>`;
}

/** One big number with what it is. */
export function tile(value: string, what: string, note: string): string {
  return `<div class="tile"><b>${escapeXml(value)}</b><span>${escapeXml(what)}</span><small>${escapeXml(note)}</small></div>`;
}
