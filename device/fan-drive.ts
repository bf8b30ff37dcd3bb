/** Carries out what the fan's controller wants, without keeping the bus busy with every percent of it. */
import { type Clock, elapsedMs } from "../common/clock.ts";
import { DriverError } from "../common/errors.ts";
import type { Board, BoardReadings } from "../drivers/boards/board.ts";
import { FAN_AT_REST, type FanSettings, type FanState, FULL_FAN_PERCENT, stepFan } from "./sentinel/fan.ts";

/** Less than this is not worth a write, and more often than this no fan follows. GUESS. */
const LEAST_STEP_PERCENT = 2;
const LEAST_INTERVAL_MS = 1_000;

export class FanDrive {
  readonly #board: Pick<Board, "setFanPercent">;
  #settings: FanSettings;
  readonly #clock: Clock;
  readonly #told: (percent: number) => void;
  #state: FanState = FAN_AT_REST;
  #percent: number | null = null;
  #setNs: bigint | null = null;
  /** This host does not control the fans: they run at full. */
  #uncontrolled = false;

  constructor(board: Pick<Board, "setFanPercent">, settings: FanSettings, clock: Clock, told: (percent: number) => void) {
    this.#board = board;
    this.#settings = settings;
    this.#clock = clock;
    this.#told = told;
  }

  /** What the fan was last told; null before that, and after it did not obey. */
  get percent(): number | null {
    return this.#percent;
  }

  /** From the next reading on. */
  setSettings(settings: FanSettings): void {
    this.#settings = settings;
  }

  /** The way up sets the fan to full by itself. */
  noteFull(): void {
    this.#note(FULL_FAN_PERCENT);
  }

  /** Follows a reading; `full` overrides the controller, and starts it anew. Rejects with what the board rejects with. */
  async follow(readings: BoardReadings | null, full: boolean): Promise<void> {
    let wanted = FULL_FAN_PERCENT;
    if (full || readings === null) this.#state = FAN_AT_REST;
    else {
      const step = stepFan(this.#state, readings, this.#settings);
      this.#state = step.state;
      wanted = step.percent;
    }
    if (this.#uncontrolled || !this.#worthIt(wanted)) return;
    try {
      await this.#board.setFanPercent(wanted);
      this.#note(wanted);
    } catch (error) {
      if (error instanceof DriverError && error.code === "FAN_UNCONTROLLED") {
        this.#uncontrolled = true;
        return;
      }
      this.#percent = null;
      throw error;
    }
  }

  #worthIt(wanted: number): boolean {
    if (this.#percent === null || this.#setNs === null) return true;
    if (wanted === this.#percent) return false;
    if (wanted === FULL_FAN_PERCENT) return true;
    return Math.abs(wanted - this.#percent) >= LEAST_STEP_PERCENT && elapsedMs(this.#clock, this.#setNs) >= LEAST_INTERVAL_MS;
  }

  #note(percent: number): void {
    this.#percent = percent;
    this.#setNs = this.#clock.nowNs();
    this.#told(percent);
  }
}
