/** The fans of an S9 at the fan block of its FPGA. specs/bm1387.md 4.6 */
import { DriverError } from "../../common/errors.ts";
import type { FpgaRegisters } from "../transport/zynq-fpga-registers.ts";
import type { Fans } from "./fans.ts";

/** What one count of the speed register is worth. Fans give two pulses a turn; the cores take that into account in their own ways. */
export const S9_FAN_CORES = {
  /** s9-io, at 0x42800000: turns a second, over half a second. */
  open: { rpmPerCount: 60, maxRpm: 15_300 },
  /** Stock: a reading of the moment, which may be far too high while a fan starts. */
  stock: { rpmPerCount: 120, maxRpm: null },
} as const;

/** The open core's registers: speeds of fan 0 to 3, one word each, and the duty in percent for all. */
const SPEED = [0x00, 0x04, 0x08, 0x0c] as const;
const DUTY = 0x10;
const COUNT_MAX = S9_FAN_CORES.open.maxRpm / S9_FAN_CORES.open.rpmPerCount;

export type FanConnector = 0 | 1 | 2 | 3;

export class ZynqFans implements Fans {
  readonly #registers: FpgaRegisters;
  readonly #fitted: readonly FanConnector[];

  /** `registers` is the fan block's; `fitted` are the connectors that have a fan: an empty one reads 0 like a fan that stands still. */
  constructor(registers: FpgaRegisters, fitted: readonly FanConnector[]) {
    this.#registers = registers;
    this.#fitted = fitted;
  }

  /** Whole percents, rounded up: never less air than was asked. */
  async setPercent(percent: number): Promise<void> {
    const written = Math.ceil(percent);
    if (!(written >= 0 && written <= 100)) throw new RangeError(`a fan speed of ${percent} %`);
    this.#registers.write32(DUTY, written);
    const readBack = this.#registers.read32(DUTY);
    if (readBack === written) return;
    const message = `The fans were set to ${written} % and the FPGA says ${readBack} %.`;
    throw new DriverError("FAN_READBACK", message, "Treat the fans as unknown: let the boards cool, then power the miner off and on.", {
      percent,
      written,
      readBack,
    });
  }

  async rpm(): Promise<readonly (number | null)[]> {
    return this.#fitted.map((fan) => fanRpm(this.#registers.read32(SPEED[fan])));
  }
}

/** null for a count that the register cannot hold: nothing is behind the address. */
export const fanRpm = (count: number): number | null => (count > COUNT_MAX ? null : count * S9_FAN_CORES.open.rpmPerCount);
