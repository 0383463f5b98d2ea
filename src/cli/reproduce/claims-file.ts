import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { SparsityError } from '../../errors.js';
import { checkYaml, type LocatedYaml, locateYaml } from '../../hw/located-yaml.js';
import { readText } from '../read-text.js';

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
  // A constant that the paper does not tell is solved from its figures: that ours are near is no agreement.
  z.strictObject({ kind: z.literal('solved'), ...checked }),
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

/** Papers whose claims are held against the models. */
export const papers = ['000', '001', '002', '003'] as const;
export type Paper = (typeof papers)[number];

/** The package has its sources beside `dist`, and only these hold the claims. */
const folder = new URL('../../../src/cli/reproduce/claims/', import.meta.url);

/**
 * Reads the claims of a paper.
 *
 * @param checks the checks that exist.
 * @throws SparsityError as {@link parseClaims} does.
 */
export async function readClaims(paper: Paper, checks: readonly string[]): Promise<ClaimsFile> {
  const path = fileURLToPath(new URL(`${paper}.yaml`, folder));
  return parseClaims(await readText(path), path, checks);
}

/**
 * Reads claims from their text.
 *
 * @param fileName named in errors.
 * @param checks the checks that exist.
 * @throws SparsityError with file, line, column, field and a way out.
 */
export function parseClaims(text: string, fileName: string, checks: readonly string[]): ClaimsFile {
  const located = locateYaml(text, fileName, { what: 'the claims of a paper', begin: 'paper: "001"' });
  const file = checkYaml(fileSchema, located);
  checkClaimNames(file, checks, located);
  return file;
}

/** Refuses what a schema cannot see: a number that is used twice, and a check that nobody wrote. */
function checkClaimNames({ claims }: ClaimsFile, checks: readonly string[], { place }: LocatedYaml): void {
  for (const [i, { id, check }] of claims.entries()) {
    const what = (field: string) => `${place(['claims', i, field])} claims.${i}.${field}`;
    if (claims.findIndex((other) => other.id === id) < i) {
      const fix = 'add a letter: 6a, 6b';
      throw new SparsityError({ what: what('id'), got: id, expected: 'a number used once', fix });
    }
    if (check !== undefined && !checks.includes(check)) {
      throw new SparsityError({ what: what('check'), got: check, expected: `one of ${checks.join(', ')}`, fix: 'name a check' });
    }
  }
}
