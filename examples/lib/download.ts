import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { SparsityError } from 'tfjs-sparsity';

/** A file on the web whose content is known. */
export interface RemoteFile {
  readonly url: string;
  /** Hex digest; its length tells md5 (32) from sha256 (64). */
  readonly checksum: string;
}

/** Where downloads are kept: `TFJS_SPARSITY_CACHE`, or a folder below the user's cache. */
export function cacheDir(name: string): string {
  return join(
    process.env.TFJS_SPARSITY_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tfjs-sparsity'),
    name,
  );
}

/** Downloads a file once: progress by line, checksum before the file gets its name, so that a torn download is never used. */
export async function downloadOnce(file: RemoteFile, path: string): Promise<void> {
  if (existsSync(path)) return checkFile(path, file.checksum);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  try {
    await fetchTo(file.url, partial);
    await checkFile(partial, file.checksum);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function fetchTo(url: string, path: string): Promise<void> {
  const response = await fetch(url).catch((error: Error) => {
    throw unreachable(url, `${error.cause ?? error.message}`);
  });
  if (!response.ok || !response.body) throw unreachable(url, `HTTP ${response.status}`);
  const total = Number(response.headers.get('content-length') ?? 0);
  const out = await open(path, 'w');
  try {
    let received = 0;
    let shown = 0;
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      await out.write(chunk);
      received += chunk.length;
      const tenth = total > 0 ? Math.floor((10 * received) / total) : 0;
      if (tenth > shown) console.log(`  ${url.split('/').pop()}: ${10 * tenth} % of ${(total / 1e6).toFixed(1)} MB`);
      shown = Math.max(shown, tenth);
    }
  } finally {
    await out.close();
  }
}

function unreachable(url: string, got: string): SparsityError {
  return new SparsityError({
    what: `download of ${url}`,
    got,
    expected: 'the file',
    fix: 'download it by hand and pass its folder as --data-dir, or take --data digits, which needs no file',
  });
}

async function checkFile(path: string, checksum: string): Promise<void> {
  const digest = createHash(checksum.length === 32 ? 'md5' : 'sha256')
    .update(await readFile(path))
    .digest('hex');
  if (digest === checksum) return;
  throw new SparsityError({
    what: `checksum of ${path}`,
    got: digest,
    expected: checksum,
    fix: 'delete the file and run again; if it happens twice, download it from another place',
  });
}
