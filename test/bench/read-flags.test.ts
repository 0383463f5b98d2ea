import { afterEach, expect, it, vi } from 'vitest';
import { readFlags, readNumbers } from '../../bench/read-flags.js';
import { SparsityError } from '../../src/errors.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const flags = {
  rounds: { type: 'number', default: 3 },
  sparsity: { type: 'number' },
  seed: { type: 'number' },
  data: { choices: ['digits', 'mnist'] },
  stock: { type: 'boolean' },
} as const;

/** What a command line gives; the first thing that it says where it ends, with its code; and what becomes of a failure later on. */
async function read(...argv: string[]) {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const on = vi.spyOn(process, 'on').mockImplementation(() => process);
  const args = await readFlags(flags, argv);
  const first = () => ({ code: exit.mock.calls[0]?.[0], said: error.mock.calls[0]?.[0] });
  const end = first();
  const [event, fail] = on.mock.calls[0] as [string, (failure: Error) => void];
  const later = (failure: Error) => {
    expect(event).toBe('uncaughtException');
    for (const mock of [exit, error]) mock.mockClear();
    fail(failure);
    return first();
  };
  return { args, end, later };
}

it('a bench reads its flags, the last of one given twice', async () => {
  const { args, end } = await read('--rounds', '5', '--rounds', '7', '--no-stock', '--sparsity', '0.5');
  expect(args).toMatchObject({ rounds: 7, stock: false, sparsity: 0.5 });
  expect(end).toEqual({});
});

it.each([
  [['--seed', 'x'], /^--seed: got no number, expected an integer\. See --help\.$/],
  [['--rounds', '0'], /^--rounds: got 0, expected a positive integer/],
  [['--rounds', '1.5'], /^--rounds: got 1\.5/],
  [['--sparsity', '1'], /^--sparsity: got 1, expected a number in \[0, 1\)/],
  [['--round', '5'], /^Unknown argument: round\. See --help for the flags\.$/],
  [['7'], /^Unknown argument: 7\./],
  [['--seed'], /^Not enough arguments following: seed\./],
  [['--data', 'cifar'], /^Invalid values: Argument: data, Given: "cifar", Choices: "digits", "mnist"\. See --help/],
])('a bench refuses %o in one line, with code 2', async (argv, message) => {
  const { end } = await read(...argv);
  expect(end).toEqual({ code: 2, said: expect.stringMatching(message) });
});

it('a bench refuses later what is wrong with a file or a name likewise, and shows any other failure whole', async () => {
  const { later } = await read();
  const refused = new SparsityError({ what: '--data-dir', got: 'x', expected: 'a folder', fix: 'check the path' });
  expect(later(refused)).toEqual({ code: 2, said: refused.message });
  const missing = Object.assign(new Error("ENOENT: no such file or directory, open 'x'"), { syscall: 'open' });
  expect(later(missing)).toEqual({ code: 2, said: missing.message });
  const bug = new TypeError('x is not a function');
  expect(later(bug)).toEqual({ code: 1, said: bug });
});

it('several numbers are each in the range of the flag that takes one', () => {
  expect(readNumbers('sparsities', '0.8,0.95', 'sparsity')).toEqual([0.8, 0.95]);
  expect(() => readNumbers('sparsities', '0.8,1', 'sparsity')).toThrow('--sparsities: got 1, expected a number in [0, 1)');
  for (const list of ['1,x', '1,', '']) expect(() => readNumbers('seeds', list, 'seed')).toThrow('--seeds: got no number');
});
