import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { checkSpec, inspectSpec } from './check-spec.js';
import type { Accelerator, AcceleratorSpec } from './contracts.js';
import { presets } from './presets.js';
import { registry } from './registry.js';

/**
 * Builds an accelerator from its spec, or from the name of a preset. `createAccelerator(accelerator.spec)` builds it again.
 *
 * @throws SparsityError for an unknown name or kind (with the nearest ones), or naming the field that is wrong.
 * @example
 * ```ts
 * createAccelerator('dense-array').spec.kind; // 'denseArray'
 * createAccelerator({kind: 'denseArray', name: 'small', rows: 8, cols: 8});
 * ```
 */
export function createAccelerator<Spec extends AcceleratorSpec>(spec: Spec | string): Accelerator {
  if (typeof spec !== 'string') {
    const { schema, build } = kindOf(spec?.kind, 'kind of accelerator');
    return build(checkSpec(schema, spec, `accelerator ${spec.name}`));
  }
  if (!Object.hasOwn(presets, spec)) {
    const names = Object.keys(presets);
    throw new SparsityError({ what: 'accelerator', got: spec, expected: names.join(', '), fix: nearest(spec, names) });
  }
  return createAccelerator(presets[spec]);
}

/**
 * Reads an accelerator spec from YAML or JSON text and fills in its defaults.
 *
 * @param fileName named in errors.
 * @throws SparsityError with file, line, column, field and a way out.
 * @example
 * ```ts
 * createAccelerator(parseAcceleratorSpec('{kind: denseArray, name: small, rows: 8}', 'small.yaml'));
 * ```
 */
export function parseAcceleratorSpec(text: string, fileName: string): AcceleratorSpec {
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
    Alias(_, alias) {
      if (alias.resolve(document)) return;
      const [what, got] = [place(alias.range?.[0] ?? 0), `*${alias.source}`];
      throw new SparsityError({ what, got, expected: `an anchor &${alias.source} above`, fix: 'write the value itself' });
    },
  });
  const value: unknown = document.toJS();
  if (!isMap(document.contents)) {
    const fix = 'begin with kind: denseArray';
    throw new SparsityError({ what: `${fileName}:1:1`, got: value ?? 'nothing', expected: 'the fields of an accelerator', fix });
  }
  const kind = kindOf((value as Partial<AcceleratorSpec>).kind, `${place(offsetOf(document, ['kind']))} kind`);
  const checked = inspectSpec(kind.schema, value);
  if ('spec' in checked) return checked.spec;
  const { path, got, expected, fix } = checked.issue;
  throw new SparsityError({ what: `${place(offsetOf(document, path))} ${path.map(String).join('.')}`, got, expected, fix });
}

function kindOf(kind: unknown, what: string) {
  const names = Object.keys(registry);
  if (typeof kind === 'string' && Object.hasOwn(registry, kind)) return registry[kind];
  const fix = typeof kind === 'string' ? nearest(kind, names) : `write kind: ${names[0]}`;
  throw new SparsityError({ what, got: kind, expected: names.join(', '), fix });
}

/** Where a field stands in the text: at its key if it has one, else at what it is missing from. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const key = path.at(-1);
  const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined;
  const node = pair?.key ?? document.getIn(path, true) ?? parent;
  if (isNode(node) && node.range) return node.range[0];
  return path.length > 1 ? offsetOf(document, path.slice(0, -1)) : 0;
}
