/** The I2C buses on the pins of a chain's chips, each made when it is first asked for. specs/bm1387.md 2.4 */
import type { Clock } from "../../common/clock.ts";
import type { Register } from "../bm13xx/register.ts";
import type { I2cBus } from "../transport/i2c.ts";
import { ChipI2c } from "./chip-i2c.ts";

export interface ChipRegisters {
  read(register: Register, chip: number): Promise<number>;
  write(register: Register, word: number, chip: number): Promise<void>;
  /** Reads back until the chip has the word. */
  confirm(register: Register, word: number, chip: number): Promise<void>;
}

export class ChipBuses {
  readonly #registers: ChipRegisters;
  readonly #clock: Clock;
  readonly #buses = new Map<number, ChipI2c>();

  constructor(registers: ChipRegisters, clock: Clock) {
    this.#registers = registers;
    this.#clock = clock;
  }

  of(chip: number): I2cBus {
    const known = this.#buses.get(chip);
    if (known) return known;
    const { read, write, confirm } = this.#registers;
    const bus = new ChipI2c(
      chip,
      {
        read: (register) => read(register, chip),
        write: (register, word) => write(register, word, chip),
        async writeAndConfirm(register, word) {
          await write(register, word, chip);
          await confirm(register, word, chip);
        },
      },
      this.#clock,
    );
    this.#buses.set(chip, bus);
    return bus;
  }
}
