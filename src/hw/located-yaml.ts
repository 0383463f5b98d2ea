import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type * as z from 'zod';
import { SparsityError } from '../errors.js';
import { specIssue } from './spec-issue.js';

/** A YAML or JSON text that is known to be well-formed, and where its fields stand. */
export interface LocatedYaml {
  readonly value: unknown;
  /** `file:line:column` of a field: at its key if it has one, else at what it is missing from. */
  place(path: readonly PropertyKey[]): string;
}

/**
 * Reads YAML or JSON that has fields.
 *
 * @param fileName named in errors.
 * @param needed what the file should hold, and its first line: for the messages.
 * @throws SparsityError with file, line, column and a way out.
 */
export function locateYaml(
  text: string,
  fileName: string,
  needed: { readonly what: string; readonly begin: string },
): LocatedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  const [syntax] = document.errors;
  if (syntax) {
    const fix = 'check quotes, brackets and indentation';
    throw new SparsityError({ what: place(syntax.pos[0]), got: syntax.message, expected: 'valid YAML or JSON', fix });
  }
  visit(document, {
    Alias(_, alias, parents) {
      const [what, got] = [place(alias.range?.[0] ?? 0), `*${alias.source}`];
      const node = alias.resolve(document);
      if (node && parents.includes(node)) {
        throw new SparsityError({ what, got, expected: 'no value that holds itself', fix: 'write the value itself' });
      }
      if (node) return;
      throw new SparsityError({ what, got, expected: `an anchor &${alias.source} above`, fix: 'write the value itself' });
    },
  });
  const value = toPlain(document, fileName);
  if (!isMap(document.contents)) {
    const fix = `begin with ${needed.begin}`;
    throw new SparsityError({ what: `${fileName}:1:1`, got: value ?? 'nothing', expected: needed.what, fix });
  }
  return { value, place: (path) => place(offsetOf(document, path)) };
}

/**
 * The value of a text that a schema accepts, with its defaults filled in.
 *
 * @throws SparsityError with file, line, column, field and a way out.
 */
export function checkYaml<T>(schema: z.ZodType<T>, { value, place }: LocatedYaml): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, got, expected, fix } = specIssue(schema, result.error.issues, value);
  throw new SparsityError({ what: `${place(path)} ${path.map(String).join('.')}`, got, expected, fix });
}

/** Aliases of aliases, of which a short text makes more than fits into memory, are refused. */
function toPlain(document: Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const fix = 'write the values themselves';
    throw new SparsityError({ what: `${fileName}:1:1`, got: (error as Error).message, expected: 'few aliases', fix });
  }
}

/** Where a field stands in the text. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const key = path.at(-1);
  const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  const node = pair?.key ?? document.getIn(path, true) ?? parent;
  if (isNode(node) && node.range) return node.range[0];
  return path.length > 1 ? offsetOf(document, path.slice(0, -1)) : 0;
}
