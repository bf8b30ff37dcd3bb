/** One process on the simulated host: its clock, its event loop, and what can be done to it from outside. */
import type { Clock } from "../../common/clock.ts";
import type { Random } from "../../common/random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** The monotonic clock at the simulation's beginning: a host that has been up for a while. */
const BOOT_NS = 1_000_000_000_000n;
/** 1 January 2026. */
const WALL_MS = 1_767_225_600_000;
/** A timer of Node's fires after its time, by up to a round of the event loop. GUESS: a third of a millisecond at the most. */
const LATENESS_NS = 300_000;
const SHORTEST_TIMER_MS = 1;

/** The host's clocks, which outlive a process. */
export class VirtualHostClocks {
  readonly #time: VirtualTime;
  #stepMs = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  nowNs(): bigint {
    return this.nsOf(this.#time.nowNs);
  }

  /** The monotonic clock at a virtual time. */
  nsOf(virtualNs: number): bigint {
    return BOOT_NS + BigInt(Math.round(virtualNs));
  }

  wallMs(): number {
    return WALL_MS + Math.floor(this.#time.nowNs / 1e6) + this.#stepMs;
  }

  /** Somebody sets the wall clock. */
  step(ms: number): void {
    this.#stepMs += Math.round(ms);
  }
}

type Turn = "timer" | "io";

interface Deferred {
  readonly turn: Turn;
  readonly work: () => void;
}

export class VirtualProcess implements Clock {
  readonly #time: VirtualTime;
  readonly #clocks: VirtualHostClocks;
  readonly #random: Random;
  #alive = true;
  #blockedUntilNs = 0;
  #deferred: Deferred[] = [];
  readonly #onEnd = new Set<() => void>();

  constructor(time: VirtualTime, clocks: VirtualHostClocks, random: Random) {
    this.#time = time;
    this.#clocks = clocks;
    this.#random = random;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Its code cannot run at the moment. */
  get blocked(): boolean {
    return this.#time.nowNs < this.#blockedUntilNs;
  }

  /** When its code could run again after it was last blocked, virtual ns; 0 when it never was. */
  get blockedUntilNs(): number {
    return this.#blockedUntilNs;
  }

  nowNs(): bigint {
    return this.#clocks.nowNs();
  }

  wallMs(): number {
    return this.#clocks.wallMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.soon("timer", Math.max(SHORTEST_TIMER_MS, ms) * 1e6 + LATENESS_NS * this.#random.next(), () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Runs `work` in this process after `afterNs`, or as soon after it as its event loop turns; never when it has ended by then. */
  soon(turn: Turn, afterNs: number, work: () => void): () => void {
    let calledOff = false;
    const due = () => {
      if (calledOff || !this.#alive) return;
      if (this.blocked) this.#deferred.push({ turn, work: due });
      else work();
    };
    const cancel = this.#time.at(this.#time.nowNs + afterNs, due);
    return () => {
      calledOff = true;
      cancel();
    };
  }

  /** No code of it runs for so long; then what is due follows, timers before what has arrived, as Node does it. */
  block(ms: number): void {
    const untilNs = this.#time.nowNs + ms * 1e6;
    if (untilNs <= this.#blockedUntilNs) return;
    this.#blockedUntilNs = untilNs;
    this.#time.at(
      untilNs,
      () => {
        if (this.blocked) return;
        const waiting = this.#deferred;
        this.#deferred = [];
        const inTurn = [...waiting.filter(({ turn }) => turn === "timer"), ...waiting.filter(({ turn }) => turn === "io")];
        for (const [at, { work }] of inTurn.entries()) this.#time.at(this.#time.nowNs, work, -1 + at / (inTurn.length + 1));
      },
      -2,
    );
  }

  /** SIGKILL, or its own end: nothing of it runs any more. */
  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const listener of this.#onEnd) listener();
  }

  /** Returns what takes the listener away again. */
  onEnd(listener: () => void): () => void {
    this.#onEnd.add(listener);
    return () => void this.#onEnd.delete(listener);
  }
}
