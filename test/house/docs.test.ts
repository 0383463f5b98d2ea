import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = ['kernels', 'hw', 'pruning', 'ops', 'callbacks', 'cli/report'];
const entries = [...rooms.map((room) => `${root}src/${room}/index.ts`), `${root}src/errors.ts`, `${root}src/rng.ts`];
const program = ts.createProgram(entries, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  skipLibCheck: true,
});
const checker = program.getTypeChecker();

/** What a module exports; a namespace (`export * as`) stands for what it holds. */
function exportsOf(path: string): ts.Symbol[] {
  const file = program.getSourceFile(path);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${path} exports nothing`);
  const listed = (of: ts.Symbol): ts.Symbol[] =>
    checker.getExportsOfModule(of).flatMap((symbol) => {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return target.flags & ts.SymbolFlags.ValueModule ? listed(target) : [target];
    });
  return listed(module);
}

describe('documentation', () => {
  it.each(entries)('every export of %s has a doc comment', (path) => {
    const bare = exportsOf(path).filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
    expect(bare.map((symbol) => symbol.name)).toEqual([]);
  });

  it.each(entries)('every exported function of %s has an example', (path) => {
    const functions = exportsOf(path).filter((symbol) => symbol.flags & ts.SymbolFlags.Function);
    const bare = functions.filter((symbol) => !symbol.getJsDocTags(checker).some((tag) => tag.name === 'example'));
    expect(bare.map((symbol) => symbol.name)).toEqual([]);
  });
});
