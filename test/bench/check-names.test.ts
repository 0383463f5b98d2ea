import { afterEach, expect, it, vi } from 'vitest';
import { checkBeginnings, checkNames } from '../../bench/check-names.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a check says before it ends the process, and with which code. */
function refusal(check: () => void): { code: unknown; said: unknown } {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  check();
  return { code: exit.mock.calls[0]?.[0], said: error.mock.calls[0]?.[0] };
}

const known = ['cnn 4', 'cnn 8', 'mlp'];

it('a bench refuses a name that it does not know, with those that it knows', () => {
  expect(refusal(() => checkNames('--ways', ['mlp', 'cnn'], known))).toEqual({
    code: 2,
    said: '--ways: got cnn, expected some of cnn 4, cnn 8, mlp',
  });
});

it('a bench refuses a beginning of no name that it knows', () => {
  expect(refusal(() => checkBeginnings('--nets', ['cnn', 'resnet'], known))).toMatchObject({
    code: 2,
    said: expect.stringMatching(/^--nets: got resnet,/),
  });
});

it('a bench takes names, beginnings, and the empty beginning of all', () => {
  const none = { code: undefined, said: undefined };
  expect(refusal(() => checkNames('--ways', ['mlp', 'cnn 8'], known))).toEqual(none);
  expect(refusal(() => checkBeginnings('--nets', ['cnn', ''], known))).toEqual(none);
});
