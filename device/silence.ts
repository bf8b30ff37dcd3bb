/**
 * Chips that stopped answering while they were to hash: the whole board, or some of its chips behind the answers of the others. Told by how many
 * nonces were to be expected since the last. Pure; a look costs a few operations a chip.
 */
import type { NonceBatch } from "../common/nonce-batch.ts";
import { chipList } from "./chip-list.ts";

export interface SilenceRules {
  /**
   * With so many nonces to be expected, none at all comes by chance with probability e^-n: a Poisson count of mean n is 0. At 30 that is once in 1e13
   * gaps between two nonces of one chip (`falseAlarmsPerSecond`).
   */
  readonly expectedNonces: number;
  /** A host or a line that is held up for this long says nothing about chips. */
  readonly leastSeconds: number;
  /** Chips that fall silent soon after others are told of together. */
  readonly collectSeconds: number;
}

/** GUESS for `leastSeconds`: beyond any wait for a set-point. */
export const SILENCE_RULES: SilenceRules = { expectedNonces: 30, leastSeconds: 5, collectSeconds: 10 };

/** So many nonces of a chip tell its own rate well enough: 30 have a spread of 18 %. */
const KNOWN_NONCES = 30;
const HASHES_PER_NONCE = 2 ** 32;

/** Nonces a second of chips that should hash `ghs` GH/s and report at `ticketDifficulty`. */
export function expectedNoncesPerSecond(ghs: number, ticketDifficulty: number): number {
  return (ghs * 1e9) / (HASHES_PER_NONCE * ticketDifficulty);
}

/**
 * At most so many chips of a sound board are called silent by chance, each second: every gap between two nonces of a chip is one chance. The floor of
 * `leastSeconds` and slow chips' own rates make it fewer.
 */
export function falseAlarmsPerSecond(noncesPerSecond: number, { expectedNonces }: Pick<SilenceRules, "expectedNonces">): number {
  return noncesPerSecond * Math.exp(-expectedNonces);
}

interface ChipAnswers {
  count: number;
  lastNs: bigint;
}

export class SilenceWatch {
  readonly #rules: SilenceRules;
  #sinceNs: bigint;
  #lastNs: bigint;
  /** By chip; none before its first nonce. */
  #chips: ChipAnswers[] = [];
  #boardTold = false;
  readonly #told = new Set<number>();
  #saidNs: bigint | null = null;

  constructor(nowNs: bigint, rules: SilenceRules = SILENCE_RULES) {
    this.#rules = rules;
    this.#sinceNs = this.#lastNs = nowNs;
  }

  /** The silence before does not count: the chips were not hashing, or at another set-point. */
  restart(nowNs: bigint): void {
    this.#sinceNs = this.#lastNs = nowNs;
    this.#chips = [];
    this.#boardTold = false;
    this.#told.clear();
    this.#saidNs = null;
  }

  /** Nonces came; what to say when they end a silence that was told, else null. */
  heard({ length, chip }: Pick<NonceBatch, "length" | "chip">, nowNs: bigint): string | null {
    if (length === 0) return null;
    const boardWasTold = this.#boardTold;
    // Chips that stay silent are told of by themselves from here on.
    if (boardWasTold) this.restart(nowNs);
    this.#lastNs = nowNs;
    const back: number[] = [];
    for (let row = 0; row < length; row++) {
      const index = chip[row] as number;
      const answers = this.#chips[index] ?? { count: 0, lastNs: nowNs };
      answers.count++;
      answers.lastNs = nowNs;
      this.#chips[index] = answers;
      if (this.#told.delete(index)) back.push(index);
    }
    if (boardWasTold) return "nonces come again";
    return back.length === 0 ? null : `nonces come again from ${chipList(back)}`;
  }

  /** Once for each silence: what to say of it; null as long as there is nothing to say. `noncesPerSecond` is the whole board's, shared by `chips` alike. */
  look(nowNs: bigint, noncesPerSecond: number, chips: number): string | null {
    if (this.#boardTold) return null;
    const seconds = secondsBetween(this.#lastNs, nowNs);
    if (this.#isSilent(seconds, noncesPerSecond)) {
      this.#boardTold = true;
      const expected = Math.round(seconds * noncesPerSecond);
      return `no nonce for ${seconds.toFixed(1)} s where about ${expected} were to be expected: chips without supply, clock or jobs, or a cut data line`;
    }
    return chips < 2 ? null : this.#lookAtChips(nowNs, noncesPerSecond / chips, chips);
  }

  #lookAtChips(nowNs: bigint, noncesPerSecond: number, chips: number): string | null {
    if (this.#saidNs !== null && secondsBetween(this.#saidNs, nowNs) < this.#rules.collectSeconds) return null;
    const silent: number[] = [];
    for (let index = 0; index < chips; index++) {
      if (this.#told.has(index)) continue;
      const answers = this.#chips[index];
      const seconds = secondsBetween(answers?.lastNs ?? this.#sinceNs, nowNs);
      if (this.#isSilent(seconds, Math.min(noncesPerSecond, this.#ownRate(answers)))) silent.push(index);
    }
    if (silent.length === 0) return null;
    for (const index of silent) this.#told.add(index);
    this.#saidNs = nowNs;
    const { expectedNonces } = this.#rules;
    return `no nonce from ${chipList(silent)} of ${chips}, where ${expectedNonces} or more were to be expected of each, while others answer: chips without supply or clock, or behind one that passes nothing on`;
  }

  /** A chip with dead cores, or with a clock of its own below the others', is slow and not silent. */
  #ownRate(answers: ChipAnswers | undefined): number {
    if (answers === undefined || answers.count < KNOWN_NONCES) return Number.POSITIVE_INFINITY;
    return answers.count / secondsBetween(this.#sinceNs, answers.lastNs);
  }

  #isSilent(seconds: number, noncesPerSecond: number): boolean {
    const { leastSeconds, expectedNonces } = this.#rules;
    return seconds >= leastSeconds && seconds * noncesPerSecond >= expectedNonces;
  }
}

function secondsBetween(fromNs: bigint, toNs: bigint): number {
  return Number(toNs - fromNs) / 1e9;
}
