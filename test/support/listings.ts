import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A `ts` block of a text: where it begins, as `path:line`, and its code. */
export interface Listing {
  readonly place: string;
  readonly code: string;
}

/** The `ts` blocks of a file of the repository, in a doc comment or not. */
export function listingsOf(path: string): Listing[] {
  const text = readFileSync(root + path, 'utf8');
  return [...text.matchAll(/^( *\* |)```ts\n([\s\S]*?)^\1```$/gm)].map(({ 1: margin, 2: code, index }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length + 1}`,
    code: code.replace(/^.*\n/gm, (line) => line.slice(margin.length) || '\n'),
  }));
}

/** The examples of all doc comments. */
export function docExamples(): Listing[] {
  const paths = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return paths.sort().flatMap((path) => listingsOf(`src/${path.replaceAll('\\', '/')}`));
}

/**
 * The code with a call of `expectStated(expression, value)` wherever a comment behind an expression, or behind the declaration of one
 * name, states its value: `countOnes(mask); // 2: the others are 0`. The value is what stands before a colon, if that can be evaluated.
 */
export function withStatedValues({ place, code }: Listing): string {
  const edits: { start: number; end: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    const value = ts.isStatement(node) && valueBehind(code.slice(node.end), place);
    if (value && ts.isExpressionStatement(node)) {
      edits.push({ start: node.getStart(), end: node.end, text: `expectStated(${node.expression.getText()}, ${value});` });
    } else if (value && ts.isVariableStatement(node)) {
      const text = ` expectStated(${node.declarationList.declarations[0].name.getText()}, ${value});`;
      edits.push({ start: node.end, end: node.end, text });
    } else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(place, code, ts.ScriptTarget.ES2022, true));
  return edits.reduceRight((text, { start, end, text: own }) => text.slice(0, start) + own + text.slice(end), code);
}

/** The value that a comment at the beginning of a text states; undefined where it is prose. */
function valueBehind(text: string, place: string): string | undefined {
  const comment = /^ *\/\/ (.*)/.exec(text)?.[1] ?? '';
  const ends = [...comment.matchAll(/: |$/g)].map(({ index }) => index);
  const value = ends.map((end) => comment.slice(0, end)).find(isValue);
  if (!value && /^([-\d.[{'"]|true\b|false\b|null\b)/.test(comment))
    throw new Error(`${place}: no value before a colon: ${comment}`);
  return value;
}

/** Whether a text is one expression that needs no names. */
function isValue(text: string): boolean {
  try {
    return new Script(`'use strict'; [${text}]`).runInNewContext({}).length === 1;
  } catch {
    return false;
  }
}
