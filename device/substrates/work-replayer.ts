/** Replays the works of a board that needs a new one every millisecond: the first so many of its pump, begun anew each time. */

import { joinedSignal } from "../../common/joined-signal.ts";
import { concatNonces, NO_JOB, type NonceBatch, STATUS, sliceNonces } from "../../common/nonce-batch.ts";
import type { WorkPass } from "../hardware/work-pass.ts";
import type { Session } from "../session.ts";
import { awaited } from "./awaited.ts";
import type { Replayer } from "./replayer.ts";

/** Between two looks at how far the pump has come. */
const LOOK_MS = 2;
/**
 * After the end of the last work: answers that are still on their way. Chips answer in order, so that they are here when an answer to a later work is; a busy host
 * hands them over late, and which work they belong to does not depend on when.
 */
const STRAGGLERS_MS = { least: 5, most: 1000 };
/** Works leave only under the sentinel's lease, which is renewed ten times a second. */
const PATIENCE_MS = 5_000;

export class WorkReplayer implements Replayer {
  readonly #session: Session;
  readonly #replayMs: number;
  readonly #unsubscribe: () => void;
  #arrived: NonceBatch[] = [];
  #safeShare: number | null = null;

  constructor(session: Session, replayMs: number) {
    this.#session = session;
    this.#replayMs = replayMs;
    this.#unsubscribe = session.onNonces((batch) => this.#arrived.push(batch));
  }

  get safeShare(): number | null {
    return this.#safeShare;
  }

  /**
   * What the first works gave, as many as there are in `replayMs`. Only what a chip came to well before the next work took over: what lies behind is found in
   * one replay and cut off in the next, whatever the silicon does. Answers that do not verify all count.
   */
  async replay(signal?: AbortSignal): Promise<NonceBatch> {
    this.#arrived = [];
    const pass = await this.#session.rig.workAgain(signal);
    this.#safeShare = pass.safeShare;
    const endSeq = pass.firstSeq + Math.max(1, Math.floor((this.#replayMs * 1e6) / pass.gapNs));
    const stop = new AbortController();
    const until = joinedSignal(signal, stop.signal);
    try {
      await awaited(this.#replaced(pass, endSeq, until.signal), this.#session, this.#replayMs + PATIENCE_MS, signal);
    } finally {
      stop.abort(new Error("the replay is over"));
      until.release();
    }
    const all = concatNonces(this.#arrived);
    const own: NonceBatch[] = [];
    for (let row = 0; row < all.length; row++) {
      const jobSeq = all.jobSeq[row] as number;
      if (jobSeq < pass.firstSeq || jobSeq >= endSeq) continue;
      const safe = all.status[row] === STATUS.invalid || pass.isSafe(all.nonce[row] as number, all.chip[row] as number);
      if (safe) own.push(sliceNonces(all, row, row + 1));
    }
    return concatNonces(own);
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Resolves when the work before number `endSeq` has been replaced, and its last answers are here. */
  async #replaced(pass: WorkPass, endSeq: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#session;
    for (;;) {
      const startedNs = pass.startedNs(endSeq);
      const sinceMs = startedNs === null ? Number.NEGATIVE_INFINITY : Number(clock.nowNs() - startedNs) / 1e6;
      if (sinceMs >= (this.#hasAnswerSince(endSeq) ? STRAGGLERS_MS.least : STRAGGLERS_MS.most)) return;
      await clock.sleep(Number.isFinite(sinceMs) ? Math.max(LOOK_MS, -sinceMs) : LOOK_MS, signal);
    }
  }

  #hasAnswerSince(jobSeq: number): boolean {
    return this.#arrived.some((batch) => batch.jobSeq.subarray(0, batch.length).some((seq) => seq >= jobSeq && seq !== NO_JOB));
  }
}
