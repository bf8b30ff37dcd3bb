import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { I2cBus } from "../transport/i2c.ts";
import { generalI2c, miscControl, TFS } from "./registers.ts";

/** Polls of the busy bit, 1 ms apart. specs/bm1387.md 2.4 */
const POLLS = 50;
const POLL_MS = 1;
/** Tries when the chip's echo is not what was asked, 50 ms apart (specs/bm1387.md 2.4), and of a read that is not answered. */
const TRIES = 3;
const RETRY_MS = 50;
/** What a device reads that is not there. specs/bm1387.md 11 */
const NOBODY = 0xff;
/** Every sensor on an S9 says here who made it, and none says 0xFF. specs/bm1387.md 4.4 */
const MANUFACTURER = 0xfe;

/** How the bus reaches its chip: GENERAL_I2C and MISC_CONTROL of that chip alone. */
export interface ChipRegisters {
  read(register: typeof generalI2c | typeof miscControl): Promise<number>;
  write(register: typeof generalI2c | typeof miscControl, word: number): Promise<void>;
  /** Writes, and reads back. */
  writeAndConfirm(register: typeof miscControl, word: number): Promise<void>;
}

interface Transaction {
  readonly device: number;
  readonly write: boolean;
  readonly register: number;
  readonly value: number;
}

/**
 * The I2C bus on a chip's own pins, one byte of one 8-bit register at a time, as the temperature sensors behind chips 61 and 31 need it. Transfers of
 * any other shape reject with I2C_SHAPE. I2C_NAK: a device that is not there, which the chip cannot tell from one that reads 0xFF, so the
 * manufacturer's register decides. I2C_STUCK: the chip stays busy or answers for another transfer. Register errors are passed on. specs/bm1387.md 2.4
 */
export class ChipI2c implements I2cBus {
  readonly #chip: ChipRegisters;
  readonly #clock: Clock;
  readonly #position: number;
  #ready = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(position: number, chip: ChipRegisters, clock: Clock) {
    this.#position = position;
    this.#chip = chip;
    this.#clock = clock;
  }

  /** A register number and a byte. */
  write(address: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const [register, value] = bytes;
      if (register === undefined || value === undefined || bytes.length !== 2) throw this.#shape(`write ${bytes.length} bytes`);
      await this.#transfer({ device: address, write: true, register, value });
    });
  }

  /** One byte of register 0: the chip always names a register. */
  read(address: number, n: number): Promise<Uint8Array> {
    return this.writeRead(address, Uint8Array.of(0), n);
  }

  writeRead(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const [register] = bytes;
      if (register === undefined || bytes.length !== 1 || n !== 1) throw this.#shape(`write ${bytes.length} and read ${n} bytes`);
      const value = await this.#transfer({ device: address, write: false, register, value: 0 });
      if (value === NOBODY && !(await this.#answers(address, register))) throw this.#nak(address);
      return Uint8Array.of(value);
    });
  }

  async #answers(device: number, register: number): Promise<boolean> {
    if (register === MANUFACTURER) return false;
    return (await this.#transfer({ device, write: false, register: MANUFACTURER, value: 0 })) !== NOBODY;
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Routes the pins to the bus. Read, change and write, so that multi-midstate mode stays on; the gate bit is cleared, which leaves open cores open. */
  async #enable(): Promise<void> {
    if (this.#ready) return;
    const before = miscControl.decode(await this.#read(miscControl));
    await this.#chip.writeAndConfirm(
      miscControl,
      miscControl.encode({ ...before, notSetBaud: true, gateBlock: false, rfsSda0: true, tfs: TFS.scl0 }),
    );
    this.#ready = true;
  }

  /** Resolves with the byte in the chip's echo. */
  async #transfer(transaction: Transaction): Promise<number> {
    await this.#enable();
    let echo = 0;
    for (let tried = 0; tried < TRIES; tried++) {
      if (tried > 0) await this.#clock.sleep(RETRY_MS);
      await this.#idle();
      await this.#chip.write(generalI2c, generalI2c.encode({ ...transaction, busy: false, error: false, execute: true }));
      echo = await this.#idle();
      const { device, write, register, value } = generalI2c.decode(echo);
      const same = device === transaction.device && write === transaction.write && register === transaction.register;
      if (same && (!write || value === transaction.value)) return value;
    }
    throw this.#stuck(`it answers ${generalI2c.describe(echo)}`, transaction);
  }

  async #idle(): Promise<number> {
    let word = 0;
    for (let poll = 0; poll < POLLS; poll++) {
      word = await this.#read(generalI2c);
      if (!generalI2c.decode(word).busy) return word;
      await this.#clock.sleep(POLL_MS);
    }
    throw this.#stuck(`it is still busy after ${POLLS} ms`);
  }

  /** One reading of a sensor is some thirty of these: without another try a line that loses one answer in ten would hardly ever give a temperature. */
  async #read(register: typeof generalI2c | typeof miscControl): Promise<number> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.#chip.read(register);
      } catch (error) {
        if (!(error instanceof DriverError && error.code === "RESPONSE_TIMEOUT") || tried === TRIES) throw error;
      }
    }
  }

  #shape(what: string): DriverError {
    return new DriverError(
      "I2C_SHAPE",
      `The I2C bus behind chip ${this.#position} cannot ${what} in one transfer.`,
      "It moves one byte of one register at a time.",
      { chip: this.#position },
    );
  }

  #nak(address: number): DriverError {
    return new DriverError(
      "I2C_NAK",
      `Nothing answers at address 0x${address.toString(16)} behind chip ${this.#position}.`,
      "Only some chips have a sensor: ask chips 61 and 31.",
      { chip: this.#position, address },
    );
  }

  #stuck(how: string, transaction?: Transaction): DriverError {
    return new DriverError(
      "I2C_STUCK",
      `The I2C bus behind chip ${this.#position} does not do as it is told: ${how}.`,
      "Try again later: at low frequencies the chip serves it slowly. Reset the board if it stays so.",
      { chip: this.#position, ...transaction },
    );
  }
}
