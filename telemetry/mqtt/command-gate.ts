/** Whether a well-formed command may be done now: its age, whether it was done before, who may ask for it, how often. */
import { TelemetryError } from "../../common/errors.ts";
import { COMMAND_TABLE, type CommandRequest, type CommandRole } from "./command-request.ts";
import { Pace } from "./pace.ts";

/** How far ahead a command may expire: bounds how long an id is remembered, and how wrong a sender's clock may be. */
export const MAX_AHEAD_MS = 60_000;
/** Ids remembered at once. Expired ones are forgotten only for want of room: a wall clock that is set back makes their commands good again. */
const MAX_REMEMBERED = 1024;
/** Of each command but emergency-off. */
export const COMMAND_RATE = { everyMs: 1000, burst: 5 };

/** When a command came: by the wall clock, which a sender shares and which may be set back, and by one that never goes back. */
export interface GateTimes {
  readonly wallMs: number;
  readonly nowMs: number;
}

export class CommandGate {
  readonly #role: CommandRole;
  readonly #sinceWallMs: number;
  readonly #pace = new Pace(() => COMMAND_RATE);
  readonly #expiryOfId = new Map<string, number>();

  constructor(role: CommandRole, wallMs: number) {
    this.#role = role;
    this.#sinceWallMs = wallMs;
  }

  /**
   * Passes a command once. TelemetryError COMMAND_RETAINED, COMMAND_EXPIRED, COMMAND_EXPIRY_TOO_FAR, COMMAND_FORBIDDEN, COMMAND_TOO_EARLY,
   * COMMAND_REPLAYED, COMMAND_TOO_OFTEN.
   */
  pass({ name, id, expiresAtMs }: CommandRequest, isRetained: boolean, { wallMs, nowMs }: GateTimes): void {
    const context = { name, id };
    if (isRetained) {
      const text = "A retained command is refused: nobody knows how old it is.";
      throw new TelemetryError("COMMAND_RETAINED", text, "Send it without the retain flag, and clear the topic.", context);
    }
    const clock = `This host's clock says ${wallMs} (${new Date(wallMs).toISOString()}).`;
    if (wallMs >= expiresAtMs) {
      const text = `The command expired ${wallMs - expiresAtMs} ms ago.`;
      throw new TelemetryError("COMMAND_EXPIRED", text, `Send it anew. ${clock}`, context);
    }
    if (expiresAtMs > wallMs + MAX_AHEAD_MS) {
      const text = `The command would be good for ${expiresAtMs - wallMs} ms, and ${MAX_AHEAD_MS} are allowed.`;
      throw new TelemetryError("COMMAND_EXPIRY_TOO_FAR", text, `Let expiresAt be sooner, or set the sender's clock. ${clock}`, context);
    }
    this.#requireRole(name, expiresAtMs, context);
    if (this.#expiryOfId.has(id)) {
      const text = `A command with the id ${id} was passed before.`;
      throw new TelemetryError("COMMAND_REPLAYED", text, "Give every command an id of its own.", context);
    }
    if (this.#expiryOfId.size >= MAX_REMEMBERED) this.#forgetExpired(wallMs);
    this.#requirePace(name, nowMs, context);
    if (this.#expiryOfId.size < MAX_REMEMBERED) this.#expiryOfId.set(id, expiresAtMs);
  }

  #requireRole(name: CommandRequest["name"], expiresAtMs: number, context: Record<string, unknown>): void {
    if (COMMAND_TABLE[name].role !== "operate") return;
    if (this.#role !== "operate") {
      const hint = "Set mqtt.commands to operate where whoever may publish there may also operate the rig.";
      throw new TelemetryError("COMMAND_FORBIDDEN", `The command ${name} needs the role operate.`, hint, context);
    }
    // Ids passed before this gate was made are not remembered: what could have been sent then could be a replay.
    if (expiresAtMs <= this.#sinceWallMs + MAX_AHEAD_MS) {
      const text = `The command ${name} is refused in the first minute: it could have been done before.`;
      throw new TelemetryError("COMMAND_TOO_EARLY", text, "Send it anew in a minute.", context);
    }
  }

  #forgetExpired(wallMs: number): void {
    for (const [known, expiry] of this.#expiryOfId) if (expiry <= wallMs) this.#expiryOfId.delete(known);
  }

  #requirePace(name: CommandRequest["name"], nowMs: number, context: Record<string, unknown>): void {
    // A person's order to switch off comes through whatever else is going on, and does no harm twice.
    if (name === "emergency-off") return;
    if (this.#expiryOfId.size >= MAX_REMEMBERED || this.#pace.waitMs(name, nowMs) > 0) {
      const text = `The command ${name} comes too often.`;
      throw new TelemetryError("COMMAND_TOO_OFTEN", text, `Send at most one every ${COMMAND_RATE.everyMs} ms.`, context);
    }
    this.#pace.sent(name, nowMs);
  }
}
