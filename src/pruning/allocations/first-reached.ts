/**
 * The least count in 0 .. most - 1 of which `isReached` holds, else `most`, which is not asked for. Where answers go from no to yes only
 * once, that is the least; where they do not, the one before it is not reached, or is none. Counts near `guess` are tried first.
 */
export async function firstReached(most: number, guess: number, isReached: (count: number) => Promise<boolean>): Promise<number> {
  let [low, high] = [0, most];
  let probe = Math.min(guess, most - 1);
  for (let stride = 1; low < high; stride *= 2) {
    if (await isReached(probe)) high = probe;
    else low = probe + 1;
    const between = low > 0 && high < most;
    if (between) probe = (low + high) >> 1;
    else probe = high < most ? Math.max(0, high - stride) : Math.min(most - 1, low + stride - 1);
  }
  return low;
}
