/**
 * A chip writes where it found a nonce into the nonce itself: core and address are bits of it, and the chip is the address divided by the distance of
 * addresses (specs/bm1366.md 1.9, specs/bm1387.md 1.5). A column that follows from the nonce needs no room; what deviates is stored as a difference.
 *
 *   u32  shift | width << 8 | divisor << 16    of the nonce read big-endian; width 0: the column stands for itself
 *   u32  most                                  expected = min(floor(field / divisor), most)
 *   lane of the zig-zag difference value - expected
 */
import { maxLaneWords, readLane, writeLane } from "./lane.ts";
import { scratch } from "./scratch.ts";

interface Field {
  readonly shift: number;
  readonly width: number;
}

const HEAD_WORDS = 2;
/** A rule that fails for more than one row in so many is none. */
const ROWS_PER_MISS = 64;
/** Chips that may be missing from a chunk behind the last one seen. */
const UNSEEN_CHIPS = 4;

/** Where BM1366 and BM1387 put the core, and the address of the chip. */
export const CORE_FIELDS: readonly Field[] = [
  { shift: 25, width: 7 },
  { shift: 0, width: 7 },
];
export const ADDRESS_FIELDS: readonly Field[] = [
  { shift: 17, width: 8 },
  { shift: 24, width: 8 },
];

export const maxFieldWords = (n: number): number => HEAD_WORDS + maxLaneWords(n);

interface Rule extends Field {
  readonly divisor: number;
  readonly most: number;
}

const ITSELF: Rule = { shift: 0, width: 0, divisor: 1, most: 0 };

export function writeField(column: Uint16Array, nonces: Uint32Array, rules: readonly Rule[], out: Uint32Array, at: number): number {
  const { rule, misses } = bestOf(rules, column, nonces);
  const { shift, width, divisor, most } = rule;
  const table = tableOf(rule);
  const differences = scratch(0, column.length);
  if (misses === 0) differences.fill(0);
  else
    for (let i = 0; i < column.length; i++) {
      const difference = ((column[i] as number) - (table[(bigEndian(nonces[i] as number) >>> shift) & (table.length - 1)] as number)) | 0;
      differences[i] = (difference << 1) ^ (difference >> 31);
    }
  out[at] = shift | (width << 8) | (divisor << 16);
  out[at + 1] = most;
  return writeLane(differences, out, at + HEAD_WORDS);
}

/** The word behind it, or -1. */
export function readField(words: Uint32Array, at: number, nonces: Uint32Array, column: Uint16Array): number {
  if (at < 0 || at + HEAD_WORDS > words.length) return -1;
  const head = words[at] as number;
  const most = words[at + 1] as number;
  const shift = head & 0xff;
  const width = (head >>> 8) & 0xff;
  const divisor = head >>> 16;
  if (shift > 31 || width > 8 || divisor === 0) return -1;
  const table = tableOf({ shift, width, divisor, most });
  const differences = scratch(0, column.length);
  const end = readLane(words, at + HEAD_WORDS, differences);
  for (let i = 0; i < column.length; i++) {
    const zigzag = differences[i] as number;
    const expected = table[(bigEndian(nonces[i] as number) >>> shift) & (table.length - 1)] as number;
    column[i] = expected + ((zigzag >>> 1) ^ -(zigzag & 1));
  }
  return end;
}

export function coreRules(): readonly Rule[] {
  return CORE_FIELDS.map((field) => ({ ...field, divisor: 1, most: 0xffff }));
}

/** For chains of as many chips as were seen, and a few more. */
export function chipRules(chips: Uint16Array): readonly Rule[] {
  let last = 0;
  for (let i = 0; i < chips.length; i++) if ((chips[i] as number) > last) last = chips[i] as number;
  if (last === 0) return [];
  const intervals = new Set<number>();
  for (let count = last + 1; count <= last + 1 + UNSEEN_CHIPS && count <= 256; count++) intervals.add(Math.floor(256 / count));
  return ADDRESS_FIELDS.flatMap((field) => [...intervals].map((divisor) => ({ ...field, divisor, most: last })));
}

function bestOf(rules: readonly Rule[], column: Uint16Array, nonces: Uint32Array): { rule: Rule; misses: number | null } {
  for (const rule of rules) {
    const misses = missesOf(rule, column, nonces);
    if (misses !== null) return { rule, misses };
  }
  return { rule: ITSELF, misses: null };
}

/** How many rows deviate; null when too many for a rule. */
function missesOf(rule: Rule, column: Uint16Array, nonces: Uint32Array): number | null {
  const allowed = column.length / ROWS_PER_MISS;
  const table = tableOf(rule);
  const { shift } = rule;
  let misses = 0;
  for (let i = 0; i < column.length; i++) {
    if (column[i] !== table[(bigEndian(nonces[i] as number) >>> shift) & (table.length - 1)] && ++misses > allowed) return null;
  }
  return misses;
}

/** What the rule expects for each content of its field. */
function tableOf({ width, divisor, most }: Rule): Uint16Array {
  return Uint16Array.from({ length: 2 ** width }, (_, content) => Math.min(Math.floor(content / divisor), most));
}

function bigEndian(nonce: number): number {
  return ((nonce & 0xff) << 24) | ((nonce & 0xff00) << 8) | ((nonce >>> 8) & 0xff00) | (nonce >>> 24);
}
