/**
 * When a service manager is told what. Its watchdog hears of passed evaluations of the board's safety and of nothing else: no timer feeds it, so
 * that a daemon which runs on but does not look after its board is killed, and its board switched off by ExecStopPost.
 */
import type { Clock } from "../../common/clock.ts";
import { type Notice, noticeText } from "./message.ts";

export interface ServiceNoticesParts {
  readonly clock: Pick<Clock, "nowNs">;
  /** The manager kills after so long without a word, ms; null: it does not. */
  readonly watchdogMs: number | null;
  /** Sends a datagram; an errno, or 0. */
  send(text: string): number;
  trouble(text: string): void;
}

/** A status is written down by the manager: not oftener than this, ms. */
const STATUS_EVERY_MS = 1_000;

export class ServiceNotices {
  readonly #parts: ServiceNoticesParts;
  readonly #everyMs: number;
  #lastNs: bigint | null = null;
  #status = "";
  #stopping = false;
  #troubled = false;

  constructor(parts: ServiceNoticesParts) {
    this.#parts = parts;
    // sd_watchdog_enabled(3) recommends half the time; a quarter leaves room for one that is lost.
    this.#everyMs = Math.min(STATUS_EVERY_MS, parts.watchdogMs === null ? STATUS_EVERY_MS : parts.watchdogMs / 4);
  }

  /** The board passed an evaluation now: the first makes the service ready. Said to the manager only as often as it needs to hear it. */
  passed(status: string): void {
    const nowNs = this.#parts.clock.nowNs();
    if (this.#lastNs !== null && Number(nowNs - this.#lastNs) / 1e6 < this.#everyMs) return;
    const fresh = status !== this.#status;
    const watchdog = this.#parts.watchdogMs !== null;
    const first = this.#lastNs === null;
    if (!first && !watchdog && !fresh) return;
    if (!this.#send({ ready: first, watchdog, ...(fresh ? { status } : {}) })) return;
    this.#lastNs = nowNs;
    this.#status = status;
  }

  /** A stop is under way. */
  stopping(): void {
    if (!this.#stopping) this.#send({ stopping: true });
    this.#stopping = true;
  }

  #send(notice: Notice): boolean {
    const errno = this.#parts.send(noticeText(notice));
    if (errno !== 0 && !this.#troubled)
      this.#parts.trouble(`the service manager cannot be told (errno ${errno}): it may restart this daemon`);
    this.#troubled = errno !== 0;
    return errno === 0;
  }
}
