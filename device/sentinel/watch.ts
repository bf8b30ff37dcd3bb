/** The sentinel's loop: looks ten times a second, decides, and hands the decision on. Keeps what decide() needs to know. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { AsicError, explain } from "../../common/errors.ts";
import type { Board, BoardReadings } from "../../drivers/boards/board.ts";
import { believed } from "./believed.ts";
import { type Decision, decide, mayEnergise } from "./decide.ts";
import type { SentinelLimits } from "./limits.ts";
import { initialState, noteSupply, observe, type SentinelState, type TempAt } from "./observe.ts";

/** DESIGN section 4. */
const PERIOD_MS = 100;

export interface WatchEvents {
  looked(readings: BoardReadings, decision: Decision): void;
  /** The action to carry out now, and the moment it is right for; called after `looked`, also when nothing could be read. */
  decided(decision: Decision, nowNs: bigint): Promise<void>;
  lost(error: AsicError): void;
  /** The fastest chip's clock in force; null while it is not known. */
  frequencyMhz(): number | null;
  trouble(text: string): void;
}

export class SentinelWatch {
  readonly #board: Board;
  #limits: SentinelLimits;
  readonly #clock: Clock;
  readonly #events: WatchEvents;
  readonly #stop = new AbortController();
  #state: SentinelState;
  #decidedNs = 0n;
  /** The chip's temperatures that were believed last. */
  #temps: readonly TempAt[] = [];
  #doubted = false;
  #loop: Promise<void> | null = null;

  constructor(
    board: Board,
    limits: SentinelLimits,
    clock: Clock,
    settings: Pick<SentinelState, "sensesUnpowered" | "blindMs">,
    events: WatchEvents,
  ) {
    this.#board = board;
    this.#limits = limits;
    this.#clock = clock;
    this.#events = events;
    this.#state = initialState(settings);
  }

  get energised(): boolean {
    return this.#state.energisedNs !== null;
  }

  /** All that it goes by. */
  get state(): SentinelState {
    return this.#state;
  }

  /** The last readings as a fault's evidence; null before the first. */
  get evidence(): object | null {
    const { readings } = this.#state;
    if (!readings) return null;
    const { atNs: _, ...values } = readings;
    return values;
  }

  /** To be called before the supply is switched on, and after it has been switched off. */
  noteSupply(on: boolean): void {
    this.#state = noteSupply(this.#state, on ? this.#clock.nowNs() : null);
  }

  /** What the regulator was told; null before it is told, because from then on nobody knows which of both holds. */
  noteCoreVoltage(mv: number | null): void {
    this.#state = { ...this.#state, coreVoltageSet: mv === null ? null : { mv, atNs: this.#clock.nowNs() } };
  }

  noteFan(percent: number): void {
    this.#state = { ...this.#state, fanPercent: percent };
  }

  /** From the next look on. */
  setLimits(limits: SentinelLimits): void {
    this.#limits = limits;
  }

  mayEnergise(): Decision {
    return mayEnergise(this.#state, this.#limits, this.#clock.nowNs());
  }

  /** One look at all sensors. */
  async look(): Promise<Decision> {
    const read = await this.#board.read();
    const { readings, temps, doubt } = believed(this.#temps, read.readings, this.energised);
    this.#temps = temps;
    if (doubt !== null && !this.#doubted) this.#events.trouble(doubt);
    this.#doubted = doubt !== null;
    this.#state = observe({ ...this.#state, frequencyMhz: this.#events.frequencyMhz() }, readings, this.#limits);
    const decision = this.#decide();
    this.#events.looked(readings, decision);
    return decision;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the loop; does not wait for the look under way, which may hang on a dead port. */
  stop(): void {
    this.#stop.abort();
  }

  /** Resolves when the loop has ended. */
  async ended(): Promise<void> {
    await this.#loop;
  }

  #decide(): Decision {
    this.#decidedNs = this.#clock.nowNs();
    return decide(this.#state, this.#limits, this.#decidedNs);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startNs = this.#clock.nowNs();
      let decision: Decision;
      try {
        decision = await this.look();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof AsicError && error.code === "LINK_LOST") return this.#events.lost(error);
        this.#events.trouble(explain(error));
        decision = this.#decide();
      }
      if (signal.aborted) return;
      await this.#events.decided(decision, this.#decidedNs);
      await this.#clock.sleep(Math.max(1, PERIOD_MS - elapsedMs(this.#clock, startNs)), signal).catch(() => {});
    }
  }
}
