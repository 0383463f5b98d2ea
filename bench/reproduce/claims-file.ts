import { existsSync, readFileSync } from 'node:fs';
import { SparsityError } from 'tfjs-sparsity';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';

const described = {
  /** The ledger's number; parts of one number have letters: 6, 6a. */
  id: z.coerce.string().regex(/^\d+[a-z]?$/, { error: 'a number of the ledger, with a letter for a part of it' }),
  claim: z.string(),
  /** Equation, table, figure or section. */
  place: z.string(),
};
const checked = {
  ...described,
  /** The paper's figures by name; a check answers with figures of the same names, and may add others. */
  values: z.record(z.string(), z.number()).default({}),
  /** The claim's figure in words, where it is a law rather than numbers. */
  figure: z.string().optional(),
  tolerance: z.strictObject({ within: z.number().nonnegative(), why: z.string() }),
  check: z.string(),
  /** Why ours may differ: printed where it does. */
  ifDiffers: z.string().optional(),
};
const claimSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exact'), ...checked }),
  z.strictObject({ kind: z.literal('shape'), ...checked }),
  // Its check, if there is one, gives our own figures only.
  z.strictObject({
    kind: z.literal('notCheckable'),
    ...described,
    figure: z.string(),
    why: z.string(),
    check: z.string().optional(),
  }),
]);
const fileSchema = z.strictObject({ paper: z.string(), title: z.string(), claims: z.array(claimSchema).min(1) });

/** A figure of a paper, where it stands, and how ours is found. */
export type Claim = z.infer<typeof claimSchema>;
/** A claim with a figure to compare. */
export type CheckedClaim = Exclude<Claim, { kind: 'notCheckable' }>;
/** The claims of one paper. */
export type ClaimsFile = z.infer<typeof fileSchema>;

/**
 * Reads the claims of a paper, `bench/claims/PAPER.yaml`.
 *
 * @param checks the checks that exist.
 * @throws SparsityError when the file is not there, or as {@link parseClaims} does.
 */
export function readClaims(paper: string, checks: readonly string[]): ClaimsFile {
  const fileName = `bench/claims/${paper}.yaml`;
  if (!existsSync(fileName)) {
    const [got, expected] = [`no such file in ${process.cwd()}`, `the claims of paper ${paper}`];
    throw new SparsityError({ what: fileName, got, expected, fix: 'run it in the folder of the project' });
  }
  return parseClaims(readFileSync(fileName, 'utf8'), fileName, checks);
}

/**
 * Reads claims from their text.
 *
 * @param fileName named in errors.
 * @param checks the checks that exist.
 * @throws SparsityError with file, line, column, field and a way out.
 */
export function parseClaims(text: string, fileName: string, checks: readonly string[]): ClaimsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${fileName}:${line}:${col}`;
  };
  const [syntax] = document.errors;
  if (syntax) {
    const fix = 'check quotes, brackets and indentation';
    throw new SparsityError({ what: place(syntax.pos[0]), got: syntax.message, expected: 'valid YAML', fix });
  }
  const value: unknown = document.toJS();
  const result = fileSchema.safeParse(value);
  const problem = result.success ? strayCheck(result.data, checks) : firstProblem(result.error, value);
  if (!problem && result.success) return result.data;
  const { path, ...parts } = problem as Problem;
  throw new SparsityError({ what: `${place(offsetOf(document, path))} ${path.map(String).join('.')}`.trim(), ...parts });
}

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly got: unknown;
  readonly expected: string;
  readonly fix: string;
}

function strayCheck({ claims }: ClaimsFile, checks: readonly string[]): Problem | undefined {
  for (const [i, claim] of claims.entries()) {
    const twin = claims.findIndex(({ id }) => id === claim.id);
    if (twin < i) {
      return { path: ['claims', i, 'id'], got: claim.id, expected: 'a number used once', fix: 'add a letter: 6a, 6b' };
    }
    if (claim.check !== undefined && !checks.includes(claim.check)) {
      const expected = `one of ${checks.join(', ')}`;
      return { path: ['claims', i, 'check'], got: claim.check, expected, fix: 'name a check of bench/reproduce/checks' };
    }
  }
  return undefined;
}

function firstProblem({ issues: [issue] }: z.ZodError, value: unknown): Problem {
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    return { path: [...issue.path, key], got: key, expected: 'a field of a claim', fix: 'remove it, or check its spelling' };
  }
  const got = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const expected = issue.message.replace(/^Invalid (input|option): (expected )?/, '').replace(/, received .*/, '');
  return { path: issue.path, got: got ?? 'nothing', expected, fix: 'compare with the claims beside it' };
}

/** Where a field stands in the text: at its key, or at what it is missing from. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  const node = pair?.key ?? document.getIn(path, true) ?? parent;
  if (isNode(node) && node.range) return node.range[0];
  return path.length > 1 ? offsetOf(document, path.slice(0, -1)) : 0;
}
