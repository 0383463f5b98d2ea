import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { docExamples, listingsOf } from '../support/listings.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = ['kernels', 'hw', 'pruning', 'ops', 'callbacks', 'cli/report'];
const entries = [...rooms.map((room) => `${root}src/${room}/index.ts`), `${root}src/errors.ts`, `${root}src/rng.ts`];
const index = `${root}src/index.ts`;
const options: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  skipLibCheck: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  types: ['node'],
  paths: {
    'tfjs-sparsity': [index],
    'tfjs-sparsity/report': [`${root}src/cli/report/index.ts`],
    'tfjs-sparsity/*': [`${root}src/*/index.ts`],
  },
};
const program = ts.createProgram([index, ...entries], options);
const checker = program.getTypeChecker();

function symbolsOf(path: string): ts.Symbol[] {
  const file = program.getSourceFile(path);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${path} exports nothing`);
  return checker.getExportsOfModule(module);
}

/** What a module exports; a namespace (`export * as`) stands for what it holds. */
function exportsOf(path: string): ts.Symbol[] {
  const listed = (symbol: ts.Symbol): ts.Symbol[] => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return target.flags & ts.SymbolFlags.ValueModule ? checker.getExportsOfModule(target).flatMap(listed) : [target];
  };
  return symbolsOf(path).flatMap(listed);
}

/** What the compiler says of modules that would stand beside this test: after the place that the last `// at place` before it names. */
function faultsOf(texts: readonly string[]): string[] {
  const modules = new Map(texts.map((text, i) => [`${root}test/house/listing-${i}.ts`, text]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (path, target, ...rest) => {
    const text = modules.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, target);
    return program.getSourceFile(path) ?? getSourceFile.call(host, path, target, ...rest);
  };
  const compiled = ts.createProgram([...modules.keys()], options, host);
  return [...modules].flatMap(([path, text]) =>
    ts.getPreEmitDiagnostics(compiled, compiled.getSourceFile(path)).map(({ start, messageText }) => {
      const [, place] = /.*\/\/ at (\S+)/s.exec(text.slice(0, start)) ?? [];
      return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    }),
  );
}

describe('documentation', () => {
  it.each(entries)('every export of %s has a doc comment', (path) => {
    const bare = exportsOf(path).filter((symbol) => symbol.getDocumentationComment(checker).length === 0);
    expect(bare.map((symbol) => symbol.name)).toEqual([]);
  });

  it.each(entries)('every exported function of %s has an example', (path) => {
    const functions = exportsOf(path).filter((symbol) => symbol.flags & ts.SymbolFlags.Function);
    const isListing = ({ name, text }: ts.JSDocTagInfo) => name === 'example' && /^```ts\n/.test(ts.displayPartsToString(text));
    const bare = functions.filter((symbol) => !symbol.getJsDocTags(checker).some(isListing));
    expect(bare.map((symbol) => symbol.name)).toEqual([]);
  });

  it('has listings that compile: those of the README, and the examples with what they name imported', () => {
    const imported = (path: string) => symbolsOf(path).map(({ name }) => name);
    const header = [
      "import * as tf from '@tensorflow/tfjs';",
      "import { writeFile } from 'node:fs/promises';",
      `import {${imported(index)}} from 'tfjs-sparsity';`,
      `import {${imported(`${root}src/cli/report/index.ts`)}} from 'tfjs-sparsity/report';`,
      "import { exampleSetting } from '../support/example-setting.js';",
      'const { denseModel, model, xs, ys } = await exampleSetting();',
    ];
    const examples = docExamples().map(({ place, code }) => `async () => { // at ${place}\n${code}};`);
    const readme = listingsOf('README.md').map(({ place, code }) => `// at ${place}\n${code}`);
    expect(examples.length).toBeGreaterThan(200);
    expect(faultsOf([[...header, ...examples].join('\n'), ...readme])).toEqual([]);
  });
});
