/** Where a running board stands, and its way to another set-point: within the limits, under the lease, every knob read back. */
import { DriverError } from "../common/errors.ts";
import type { Board, BoardLimits } from "../drivers/boards/board.ts";
import type { Lease } from "../drivers/boards/lease.ts";
import type { SetPoint } from "../telemetry/messages.ts";
import type { Chain } from "./hardware/hardware.ts";
import { checkSetPoint } from "./limits.ts";
import type { PowerTurn } from "./power-turn.ts";

export interface SetPointParts {
  readonly lease: Lease;
  readonly powerTurn: PowerTurn;
  /** DriverError NOT_RUNNING, these four, where there is no such part at present. */
  limits(): BoardLimits;
  chain(): Chain;
  board(): Board;
  requireRunning(): void;
  /** What the regulator was told; null before it is told. */
  toldCoreVoltage(mv: number | null): void;
  noted(setPoint: SetPoint): void;
}

export class SetPoints {
  readonly #parts: SetPointParts;
  #now: SetPoint | null = null;

  constructor(parts: SetPointParts) {
    this.#parts = parts;
  }

  /** The one in force; null before the first. */
  get now(): SetPoint | null {
    return this.#now;
  }

  note(setPoint: SetPoint): SetPoint {
    this.#now = setPoint;
    this.#parts.noted(setPoint);
    return setPoint;
  }

  /**
   * Voltage first when going up in frequency, last when coming down, so that no intermediate point is harder on the chip than both ends. Resolves with
   * what read back. SETPOINT_REFUSED outside the limits, before anything is written.
   */
  async apply(wanted: SetPoint, signal?: AbortSignal): Promise<SetPoint> {
    checkSetPoint(wanted, this.#parts.limits());
    const before = this.#known();
    this.#parts.lease.require("move to another set-point");
    const chain = this.#parts.chain();
    if (wanted.frequencyMhz >= before.frequencyMhz) await this.setCoreVoltage(wanted.coreVoltageMv);
    if (wanted.frequencyMhz !== before.frequencyMhz) await chain.setFrequency(wanted.frequencyMhz, signal ? { signal } : {});
    if (wanted.frequencyMhz < before.frequencyMhz) await this.setCoreVoltage(wanted.coreVoltageMv);
    if (wanted.ticketDifficulty !== before.ticketDifficulty) await this.#parts.chain().setTicketDifficulty(wanted.ticketDifficulty);
    const { frequencyMhz, ticketDifficulty } = this.#parts.chain();
    return this.note({ coreVoltageMv: wanted.coreVoltageMv, frequencyMhz, ticketDifficulty });
  }

  /** The core voltage alone; resolves with what the regulator reads back, mV. */
  async setCoreVoltage(coreVoltageMv: number): Promise<number> {
    const { lease, powerTurn, limits, board, requireRunning, toldCoreVoltage } = this.#parts;
    checkSetPoint({ ...this.#known(), coreVoltageMv }, limits());
    const applied = await powerTurn.take(() => {
      requireRunning();
      lease.require("set the core voltage");
      toldCoreVoltage(null);
      return board().setCoreVoltageMv(coreVoltageMv);
    });
    toldCoreVoltage(coreVoltageMv);
    if (this.#now) this.#now = { ...this.#now, coreVoltageMv };
    return applied;
  }

  /** Each chip to a clock of its own; resolves with those that read back, MHz. DriverError SETPOINT_REFUSED, also where chips share one clock. */
  async setChipFrequencies(frequenciesMhz: readonly number[], signal?: AbortSignal): Promise<readonly number[]> {
    const { lease, limits, requireRunning } = this.#parts;
    const setPoint = this.#known();
    for (const frequencyMhz of frequenciesMhz) checkSetPoint({ ...setPoint, frequencyMhz }, limits());
    requireRunning();
    lease.require("set the chips' clocks");
    const chain = this.#parts.chain();
    if (!chain.setFrequencies)
      throw new DriverError("SETPOINT_REFUSED", "The chips of this board share one clock.", "Use an S9 board, or another mode.");
    const clocks = await chain.setFrequencies(frequenciesMhz, signal ? { signal } : {});
    this.note({ ...setPoint, frequencyMhz: this.#parts.chain().frequencyMhz });
    return clocks;
  }

  #known(): SetPoint {
    if (this.#now !== null) return this.#now;
    this.#parts.requireRunning();
    throw new DriverError("NOT_RUNNING", "The board has no set-point yet.", "Bring the board up first.");
  }
}
