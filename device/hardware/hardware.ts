/** What a rig needs of a board and its chips, whichever they are: the part of the device that differs between a Bitaxe and an S9. */
import type { JobRecord } from "../../common/block-header.ts";
import type { Clock } from "../../common/clock.ts";
import type { NonceBatch, NonceStatus } from "../../common/nonce-batch.ts";
import type { ChainDialogue } from "../../drivers/bm13xx/chain-dialogue.ts";
import type { ChainDialogueOptions } from "../../drivers/bm13xx/exchange.ts";
import type { Board } from "../../drivers/boards/board.ts";
import type { SetPoint } from "../../telemetry/messages.ts";
import type { SafeSequence } from "./safe-sequence.ts";
import type { WorkPass } from "./work-pass.ts";

/** A chain that was brought up. Set-points are read back before their promises resolve; after LINK_LOST everything rejects with it. */
export interface Chain {
  readonly chips: number;
  /** As the chips report it, such as 0x1366. */
  readonly chipId: number;
  /** From the dividers in force, not the one asked for. */
  readonly frequencyMhz: number;
  readonly ticketDifficulty: number;
  setFrequency(frequencyMhz: number, options?: { signal?: AbortSignal }): Promise<unknown>;
  /** Each chip to a clock of its own, MHz; resolves with those in force. Absent where chips share one. */
  setFrequencies?(frequenciesMhz: readonly number[], options?: { signal?: AbortSignal }): Promise<readonly number[]>;
  /** Rounded down to a power of two; resolves with the one in force. */
  setTicketDifficulty(difficulty: number): Promise<number>;
  /** Rejects with a DriverError (CHIP_SILENT, RESPONSE_TIMEOUT) unless every chip answers. */
  checkAnswering(): Promise<void>;
  onNonces(listener: (batch: NonceBatch) => void): () => void;
  /** What came over its wire since it was brought up: frames, damaged ones, nonces by status, and what the link lost. */
  counters(): WireCounters;
  /** Frequency down before the supply goes. Never rejects. */
  shutDownSequence(): Promise<{ completed: boolean; frequencyMhz: number; reason: unknown }>;
  /** Ends its work and its interest in the link; the link stays. */
  detach(): void;
}

export interface WireCounters {
  readonly frames: number;
  readonly damagedFrames: number;
  /** Answers to the works that open and test an S9's cores: real nonces that belong to no job of ours. */
  readonly openingNonces: number;
  readonly nonces: Readonly<Record<NonceStatus, number>>;
  readonly discardedBytes: number;
  readonly overruns: number;
}

/** The flow of jobs to a chain. */
export interface Work {
  start(): void;
  /** A new job as soon as may be, so that what comes next belongs to it. */
  fresh(): Promise<void>;
  /** Jobs leave only while this goes on being called: each call is good for `ttlMs`. */
  renewLease(ttlMs: number): void;
  /** One job at a time from now on, until the dialogue is stopped; absent where jobs do not wait for answers. */
  startDialogue?(options: WorkDialogueOptions): WorkDialogue;
  /** The same works once more, from the first one on; they leave once the lease is renewed. Absent where a dialogue can send a job again. */
  again?(clock: Clock, signal?: AbortSignal): Promise<WorkPass>;
  stop(): void;
}

export type WorkDialogueOptions = Pick<ChainDialogueOptions, "depth" | "answers" | "deadlineMs" | "leastDifficulty" | "onExchange">;

/** A dialogue under the rig's lease. */
export type WorkDialogue = Pick<ChainDialogue, "offer" | "waiting" | "counters" | "stop">;

export interface WorkEvents {
  jobs(jobs: readonly JobRecord[]): void;
  failed(error: unknown): void;
  /** For the log. */
  note(text: string): void;
}

export interface BringUpOptions {
  readonly setPoint: SetPoint;
  readonly firstJobSeq: number;
  readonly onProgress: (step: string, done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Opened ports with a board behind them. */
export interface Hardware {
  readonly board: Board;
  /** False where every sensor sits behind the chips: such a board is blind until it is powered. */
  readonly sensesUnpowered: boolean;
  /** How long its chips' temperature may be unknown after the supply came on, ms. */
  readonly blindMs: number;
  /** Core numbers that a chip's nonces can name. */
  readonly cores: readonly number[];
  /** What the chips should hash at a core clock, GH/s. */
  expectedGhs(frequencyMhz: number): number;
  /** Supply on, chips out of reset; resolves with the voltage set, mV. Switches off again when it fails or is aborted. */
  powerUp(setPoint: SetPoint, signal: AbortSignal): Promise<number>;
  /** Chips in reset, supply off as far as the board can. */
  powerDown(): ReturnType<Board["coreOff"]>;
  /** What a watchdog writes when this program hangs. Known once the board has been probed. */
  safeSequence?(): SafeSequence;
  /** From chips fresh out of reset to a chain at its set-point. */
  bringUp(options: BringUpOptions): Promise<Chain>;
  /** Work for that chain. */
  workFor(chain: Chain, events: WorkEvents): Work;
  onLost(listener: (reason: Error) => void): void;
  close(): Promise<void>;
}
