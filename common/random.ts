/** A source of uniform numbers in [0, 1). Injected, so that one seed gives one run. */
export interface Random {
  next(): number;
}

/** Numbers that differ with every run of the program. */
export const hostRandom: Random = { next: Math.random };

/** s = (1664525 s + 1013904223) mod 2^32, value s / 2^32. The generator of the oracles; poor in its low bits, so use it for those alone. */
export function lcg32(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

/** The high 32 bits of the product of two words; Math.imul gives the low ones. */
function highOfProduct(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(carried / 0x1_0000)) >>> 0;
}

/**
 * splitmix64, value (z >> 11) 2^-53 (Steele, Lea, Flood 2014), in words of 32 bits: with 64-bit integers of the language it takes some ten times as long.
 */
export function splitmix64(seed: number | bigint): Random {
  const start = BigInt.asUintN(64, BigInt(seed));
  let high = Number(start >> 32n);
  let low = Number(start & 0xffff_ffffn);
  return {
    next() {
      low += 0x7f4a_7c15;
      high = (high + 0x9e37_79b9 + (low > 0xffff_ffff ? 1 : 0)) >>> 0;
      low >>>= 0;
      let zHigh = (high ^ (high >>> 30)) >>> 0;
      let zLow = (low ^ ((low >>> 30) | (high << 2))) >>> 0;
      let product = (highOfProduct(zLow, 0x1ce4_e5b9) + Math.imul(zLow, 0xbf58_476d) + Math.imul(zHigh, 0x1ce4_e5b9)) >>> 0;
      zLow = Math.imul(zLow, 0x1ce4_e5b9) >>> 0;
      zHigh = (product ^ (product >>> 27)) >>> 0;
      zLow = (zLow ^ ((zLow >>> 27) | (product << 5))) >>> 0;
      product = (highOfProduct(zLow, 0x1331_11eb) + Math.imul(zLow, 0x94d0_49bb) + Math.imul(zHigh, 0x1331_11eb)) >>> 0;
      zLow = Math.imul(zLow, 0x1331_11eb) >>> 0;
      zHigh = (product ^ (product >>> 31)) >>> 0;
      zLow = (zLow ^ ((zLow >>> 31) | (product << 1))) >>> 0;
      return (zHigh * 0x20_0000 + (zLow >>> 11)) * 2 ** -53;
    },
  };
}

/** Standard normal numbers by Box and Muller: u0, u1 give sqrt(-2 ln(1-u0)) cos(2 pi u1), then the sine. */
export function gaussian(random: Random): () => number {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/** The numbers 0..n-1 in random order (Fisher, Yates). */
export function permutation(n: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}
