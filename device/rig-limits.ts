/** The limits in force: the board's own, as far as the configuration does not make them tighter. */
import type { BoardLimits } from "../drivers/boards/board.ts";
import type { SetPoint } from "../telemetry/messages.ts";
import type { Config } from "./config/schema.ts";
import { checkSetPoint, tightened } from "./limits.ts";
import { type SentinelLimits, sentinelLimits } from "./sentinel/limits.ts";

export class RigLimits {
  readonly #kind: Config["board"]["kind"];
  #wanted: Config["limits"];
  #now: BoardLimits | null = null;

  constructor({ board, limits }: Pick<Config, "board" | "limits">) {
    this.#kind = board.kind;
    this.#wanted = limits;
  }

  /** null before a board was found. */
  get now(): BoardLimits | null {
    return this.#now;
  }

  get sentinel(): SentinelLimits | null {
    return this.#now === null ? null : sentinelLimits(this.#now, this.#kind);
  }

  /** A board was found, or the configuration wants others of it. ConfigError LIMIT_TOO_LOOSE, SETPOINT_REFUSED by `setPoint`: then nothing is changed. */
  setFor(own: BoardLimits, setPoint: SetPoint, wanted: Config["limits"] = this.#wanted): SentinelLimits {
    const limits = tightened(own, wanted);
    checkSetPoint(setPoint, limits);
    this.#now = limits;
    this.#wanted = wanted;
    return sentinelLimits(limits, this.#kind);
  }

  /** For the board that is to be found. */
  want(wanted: Config["limits"]): void {
    this.#wanted = wanted;
  }
}
