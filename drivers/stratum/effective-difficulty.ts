/** At which difficulty does a miner report, whatever it was asked for? CLAIMS B: D0 / D of its shares is uniform on (0, 1). */

export interface EffectiveDifficulty {
  readonly shares: number;
  /** Least difficulty seen: the maximum-likelihood estimate, never below the truth. */
  readonly least: number;
  /** Where D0 lies in 95 of 100 cases: [least 0.05^(1/n), least]. */
  readonly interval: readonly [number, number];
  /** The power of two in the interval (chips count zero bits, so a mask of 2^k passes 2^k 65535/65536); null when none or several are. */
  readonly powerOfTwo: number | null;
}

/** `difficultyLog2` of shares that verified, a twin's scale added by `workScale`. null without shares. */
export function effectiveDifficulty(difficultyLog2: ArrayLike<number>, workScale = 0): EffectiveDifficulty | null {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < difficultyLog2.length; i++) least = Math.min(least, difficultyLog2[i] as number);
  if (!Number.isFinite(least)) return null;
  const shares = difficultyLog2.length;
  // The least of n has D0 / D as the greatest of n uniform numbers, P(U <= x) = x^n.
  const low = least + workScale + Math.log2(0.05) / shares;
  // A 32-bit float holds log2 to 2e-6; the mask lets 2^k 65535/65536 through.
  const high = least + workScale + Math.log2(65536 / 65535) + 4e-6;
  const [first, last] = [Math.ceil(low), Math.floor(high)];
  return { shares, least: 2 ** (least + workScale), interval: [2 ** low, 2 ** high], powerOfTwo: first === last ? 2 ** first : null };
}
