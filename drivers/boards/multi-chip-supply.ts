/** Core supplies of boards with several BM1366. specs/bm1366.md 5.3, 5.9 */
import { DriverError } from "../../common/errors.ts";
import { type I2cBus, readRegister, writeRegister } from "../transport/i2c.ts";
import type { CoreOff } from "./board.ts";
import type { CoreSupply } from "./core-supply.ts";

/** A supply whose output feeds several voltage domains in series. Works in mV of one domain, which is what a chip sees. */
export class SeriesSupply implements CoreSupply {
  readonly #whole: CoreSupply;
  readonly #domains: number;

  constructor(whole: CoreSupply, domains: number) {
    this.#whole = whole;
    this.#domains = domains;
  }

  async setMv(millivolts: number): Promise<number> {
    return (await this.#whole.setMv(millivolts * this.#domains)) / this.#domains;
  }

  off(): Promise<CoreOff> {
    return this.#whole.off();
  }

  async measuredMv(): Promise<number> {
    return (await this.#whole.measuredMv()) / this.#domains;
  }
}

const OPERATION = 0x01;
const OPERATION_OFF = 0x00;
const STATUS_WORD = 0x79;
/** STATUS_WORD's OFF bit, in its low byte. */
const STATUS_OFF = 0x40;

/** TPS546 regulators of a board on whose set-up the sources do not agree: they are switched off, and never on. */
export class UnconfirmedTps546Supply implements CoreSupply {
  readonly #bus: I2cBus;
  readonly #addresses: readonly number[];
  readonly #model: string;

  constructor(bus: I2cBus, addresses: readonly number[], model: string) {
    this.#bus = bus;
    this.#addresses = addresses;
    this.#model = model;
  }

  /** Always REGULATOR_UNCONFIRMED, with nothing written. */
  async setMv(millivolts: number): Promise<number> {
    const message = `The core voltage of a ${this.#model} was not set to ${millivolts} mV: sources disagree about its feedback divider.`;
    const hint = "Measure the board's core voltage against its regulator's VOUT_COMMAND before a set-up for it is added to this driver.";
    throw new DriverError("REGULATOR_UNCONFIRMED", message, hint, { millivolts, model: this.#model });
  }

  /** Off counts only when every regulator says so itself: its voltage readings depend on the divider too. */
  async off(): Promise<CoreOff> {
    let allOff = true;
    for (const address of this.#addresses) {
      await writeRegister(this.#bus, address, OPERATION, OPERATION_OFF);
      const status = await readRegister(this.#bus, address, STATUS_WORD);
      allOff &&= (status & STATUS_OFF) !== 0;
    }
    const count = this.#addresses.length;
    return { supplyOff: allOff, how: `${count} TPS546 told OPERATION off, ${allOff ? "all report OFF" : "not all report OFF"}` };
  }

  /** Always REGULATOR_UNCONFIRMED: without the divider the reading has no scale. */
  async measuredMv(): Promise<number> {
    const message = `The core voltage of a ${this.#model} cannot be read: sources disagree about its feedback divider.`;
    throw new DriverError("REGULATOR_UNCONFIRMED", message, "Measure it with a voltmeter.", { model: this.#model });
  }
}
