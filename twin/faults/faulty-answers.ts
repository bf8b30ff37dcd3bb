import { type Random, splitmix64 } from "../../common/random.ts";
import { responseTrailer } from "../chip/crc.ts";
import type { FaultName } from "./names.ts";
import { Onset } from "./onset.ts";
import type { FaultTable, HoldingFault } from "./table.ts";

/** A frame a chip wants to send, and since when. */
interface Answer {
  readonly readyNs: number;
  readonly bytes: Uint8Array;
  readonly nonce: boolean;
}

interface Held {
  readonly chip: number;
  readonly answer: Answer;
}

const NAMES = ["chip-stuck", "nonce-repeat", "nonce-invalid", "nonce-late", "stale-register", "unsolicited"] as const;
type AnswerFault = (typeof NAMES)[number];
const NONCE_TYPE = 4;

/**
 * What becomes of the answers of a chain's chips between the chip and the wire. `headBytes` come before the payload of a frame: 2
 * on a BM1366, none on a BM1387. While one of these faults holds, all answers wait here until `due`, so that they stay in order.
 */
export class FaultyAnswers {
  readonly #faults: FaultTable;
  readonly #headBytes: number;
  readonly #random: Random;
  #holding = new Map<AnswerFault, HoldingFault>();
  #held: Held[] = [];
  /** Start of the hang that a reset has ended. */
  #releasedSinceNs: number | null = null;
  readonly #brownOut = new Onset();
  #repeated: Uint8Array | null = null;
  #stale = new Map<number, Uint8Array>();
  #nextUnsolicitedNs = 0;

  constructor(faults: FaultTable, headBytes: number, seed: number) {
    this.#faults = faults;
    this.#headBytes = headBytes;
    this.#random = splitmix64(seed ^ 0xc41b);
  }

  /** Looks at the table. Returns the chip that loses its state now, or null. */
  refresh(tNs: number): number | null {
    const before = this.#holding;
    this.#holding = new Map();
    for (const name of NAMES) {
      const holding = this.#faults.holding(name, tNs);
      if (holding !== null) this.#holding.set(name, holding);
    }
    if (!this.#holding.has("nonce-repeat")) this.#repeated = null;
    if (!this.#holding.has("stale-register")) this.#stale.clear();
    if (!before.has("unsolicited")) this.#nextUnsolicitedNs = tNs;
    const brownOut = this.#faults.holding("brown-out", tNs);
    return this.#brownOut.struck(brownOut) ? (brownOut?.value ?? null) : null;
  }

  /** Nothing is wrong and nothing waits. */
  get quiet(): boolean {
    return this.#holding.size === 0 && this.#held.length === 0;
  }

  /** RST or the supply was taken away: nothing that was on its way remains, and a hanging chip hangs no more. */
  reset(): void {
    this.#held = [];
    this.#repeated = null;
    this.#stale.clear();
    this.#releasedSinceNs = this.#holding.get("chip-stuck")?.sinceNs ?? null;
  }

  /** An answer of a chip; `register` is the one that was read. Returns what may leave now: null when it waits for `due`, or never leaves. */
  pass<Any extends Answer>(chip: number, answer: Any, register: number | null): Any | null {
    if (this.quiet) return answer;
    if (this.#isStuck(chip)) return null;
    const bytes = answer.nonce ? this.#nonce(chip, answer.bytes) : this.#register(chip, answer.bytes, register);
    const lateNs = answer.nonce && this.#hits("nonce-late", chip) ? (this.#holding.get("nonce-late")?.value ?? 0) * 1e6 : 0;
    this.#held.push({ chip, answer: { ...answer, bytes, readyNs: answer.readyNs + lateNs } });
    return null;
  }

  /** Calls `speak` for each frame that a chip sends by itself up to `toNs`. */
  unsolicited(toNs: number, speak: (chip: number, tNs: number) => void): void {
    const babble = this.#holding.get("unsolicited");
    for (; babble !== undefined && this.#nextUnsolicitedNs <= toNs; this.#nextUnsolicitedNs += 1e9 / babble.value)
      if (!this.#isStuck(babble.chip)) speak(babble.chip, this.#nextUnsolicitedNs);
  }

  /** Answers whose time has come, in the order of their times. */
  due(toNs: number): readonly Held[] {
    if (this.#held.length === 0) return this.#held;
    const due = this.#held.filter(({ answer }) => answer.readyNs <= toNs);
    this.#held = this.#held.filter(({ answer }) => answer.readyNs > toNs);
    return due.sort((a, b) => a.answer.readyNs - b.answer.readyNs);
  }

  #isStuck(chip: number): boolean {
    const stuck = this.#holding.get("chip-stuck");
    return stuck !== undefined && stuck.value === chip && stuck.sinceNs !== this.#releasedSinceNs;
  }

  /** Does a fault of one chip hit this one? */
  #hits(name: AnswerFault & FaultName, chip: number): boolean {
    return this.#holding.get(name)?.chip === chip;
  }

  #nonce(chip: number, bytes: Uint8Array): Uint8Array {
    if (this.#holding.get("nonce-repeat")?.value === chip) {
      this.#repeated ??= bytes;
      return this.#repeated;
    }
    if (!this.#hits("nonce-invalid", chip) || this.#random.next() >= (this.#holding.get("nonce-invalid")?.value ?? 0)) return bytes;
    // Bytes 1 and 2 of the nonce: core and chip, which other bytes tell, stay as they were.
    const wrong = bytes.slice();
    const at = this.#headBytes + 1 + Math.floor(this.#random.next() * 2);
    wrong[at] = (wrong[at] as number) ^ (1 << Math.floor(this.#random.next() * 8));
    wrong[wrong.length - 1] = responseTrailer(wrong.subarray(this.#headBytes, -1), NONCE_TYPE);
    return wrong;
  }

  #register(chip: number, bytes: Uint8Array, register: number | null): Uint8Array {
    if (register === null || this.#holding.get("stale-register")?.value !== chip) return bytes;
    const first = this.#stale.get(register);
    if (first !== undefined) return first;
    this.#stale.set(register, bytes);
    return bytes;
  }
}
