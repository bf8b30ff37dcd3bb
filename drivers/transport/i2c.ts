/** An I2C bus as the board's chips see it. Addresses are 7 bit. */
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { Bridge } from "./bridge.ts";

/** All methods reject with DriverError: I2C_NAK when no device acknowledges, otherwise what the bus's own link reports. */
export interface I2cBus {
  write(address: number, bytes: Uint8Array): Promise<void>;
  read(address: number, n: number): Promise<Uint8Array>;
  /** Writes, then reads after a repeated start: how registers are read. Resolves with exactly n bytes. */
  writeRead(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array>;
}

/** 5.1: up to 3 tries, 10 ms apart. */
const TRIES = 3;
const RETRY_MS = 10;

/**
 * The bus behind a bridge. A transfer that was not acknowledged is tried again: reads and register writes come to the same when
 * repeated, and none of the chips behind a bridge has any other kind. A transfer whose outcome is unknown (no answer from the
 * bridge) is not: the caller reads back.
 */
export class BridgeI2c implements I2cBus {
  readonly #bridge: Bridge;
  readonly #clock: Clock;

  constructor(bridge: Bridge, clock: Clock) {
    this.#bridge = bridge;
    this.#clock = clock;
  }

  write(address: number, bytes: Uint8Array): Promise<void> {
    return retryOnNak(this.#clock, () => this.#bridge.i2cWrite(address, bytes));
  }

  read(address: number, n: number): Promise<Uint8Array> {
    return retryOnNak(this.#clock, () => this.#bridge.i2cRead(address, n));
  }

  writeRead(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array> {
    return retryOnNak(this.#clock, () => this.#bridge.i2cWriteRead(address, bytes, n));
  }
}

/** Tries a transfer that was not acknowledged again, up to 3 times in all; any other failure is passed on at once. */
export async function retryOnNak<T>(clock: Clock, transfer: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transfer();
    } catch (error) {
      if (!isNak(error) || attempt === TRIES) throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}

export const isNak = (error: unknown): boolean => error instanceof DriverError && error.code === "I2C_NAK";

/** Which of these addresses answer a one-byte read. Any failure but a missing acknowledge is passed on. */
export async function scan(bus: I2cBus, addresses: readonly number[]): Promise<number[]> {
  const found: number[] = [];
  for (const address of addresses) {
    try {
      await bus.read(address, 1);
      found.push(address);
    } catch (error) {
      if (!isNak(error)) throw error;
    }
  }
  return found;
}

/** One byte of an 8-bit register. */
export async function readRegister(bus: I2cBus, address: number, register: number): Promise<number> {
  return (await bus.writeRead(address, Uint8Array.of(register), 1))[0] as number;
}

export async function writeRegister(bus: I2cBus, address: number, register: number, value: number): Promise<void> {
  await bus.write(address, Uint8Array.of(register, value));
}
