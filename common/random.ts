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

const MASK64 = (1n << 64n) - 1n;

/** splitmix64, value (z >> 11) 2^-53 (Steele, Lea, Flood 2014). */
export function splitmix64(seed: number | bigint): Random {
  let state = BigInt(seed) & MASK64;
  return {
    next() {
      state = (state + 0x9e3779b97f4a7c15n) & MASK64;
      let z = state;
      z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
      z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK64;
      z ^= z >> 31n;
      return Number(z >> 11n) * 2 ** -53;
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
