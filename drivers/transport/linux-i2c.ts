/** An I2C bus of this host, /dev/i2c-N, through the kernel's ioctl. The same interface as the bus behind a bridge. */
import { close, open } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { loadAddon } from "../native/addon.ts";
import { linkLost } from "./control-port.ts";
import { type I2cBus, retryOnNak } from "./i2c.ts";
import { errnoName, i2cFault, i2cOpenFailure } from "./linux-i2c-faults.ts";

/** What drivers/native/linux_i2c_addon.h exports. Errors of the kernel bear its `errno`; wrong arguments are a TypeError. */
export interface I2cAddon {
  i2cTransfer(fd: number, address: number, write: Uint8Array, readLength: number): Promise<Uint8Array>;
  i2cFunctions(fd: number): number;
}

/** Plain transfers, with a repeated start: without it a register cannot be read. */
const I2C_FUNC_I2C = 0x01;

export interface LinuxI2cBus extends I2cBus {
  readonly path: string;
  /** Waits for the transfer under way. Afterwards every method rejects with LINK_LOST. */
  close(): Promise<void>;
}

/** Opens a bus. DriverError PORT_MISSING, PORT_DENIED, PORT_NOT_I2C (no I2C bus, or one that only speaks SMBus), PORT_OPEN_FAILED. */
export async function openLinuxI2c(path: string, clock: Clock): Promise<LinuxI2cBus> {
  const stats = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    throw await openFailure(path, error);
  });
  if (!stats.isCharacterDevice()) throw notI2c(path, "it is no device");
  const addon = loadAddon("#native/drivers") as I2cAddon;
  const fd = await promisify(open)(path, "r+").catch(async (error: NodeJS.ErrnoException) => {
    throw await openFailure(path, error);
  });
  try {
    if ((functionsOf(addon, fd, path) & I2C_FUNC_I2C) === 0) throw notI2c(path, "its adapter speaks only SMBus");
    return new LinuxI2c(path, fd, addon, clock);
  } catch (error) {
    await promisify(close)(fd);
    throw error;
  }
}

function functionsOf(addon: I2cAddon, fd: number, path: string): number {
  try {
    return addon.i2cFunctions(fd);
  } catch (error) {
    throw notI2c(path, `it does not know I2C's requests (${errnoName(errnoOf(error))})`);
  }
}

/** One transfer at a time. A transfer that was not acknowledged is tried again as on a bridge's bus; nothing else is. */
export class LinuxI2c implements LinuxI2cBus {
  readonly path: string;
  readonly #fd: number;
  readonly #addon: I2cAddon;
  readonly #clock: Clock;
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  /** Takes over the descriptor. */
  constructor(path: string, fd: number, addon: I2cAddon, clock: Clock) {
    this.path = path;
    this.#fd = fd;
    this.#addon = addon;
    this.#clock = clock;
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    await this.#transfer(address, bytes, 0);
  }

  read(address: number, n: number): Promise<Uint8Array> {
    return this.#transfer(address, new Uint8Array(0), n);
  }

  writeRead(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array> {
    return this.#transfer(address, bytes, n);
  }

  close(): Promise<void> {
    this.#closing ??= this.#turn.then(() => promisify(close)(this.#fd));
    return this.#closing;
  }

  #transfer(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array> {
    return retryOnNak(this.#clock, () => this.#inTurn(() => this.#once(address, bytes, n)));
  }

  async #once(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array> {
    try {
      return await this.#addon.i2cTransfer(this.#fd, address, bytes, n);
    } catch (error) {
      if (error instanceof TypeError) throw new RangeError(`no I2C transfer: address ${address}, ${bytes.length} bytes out, ${n} in`);
      throw i2cFault(this.path, address, errnoOf(error));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== null) return Promise.reject(linkLost(this.path));
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

const errnoOf = (error: unknown): number => (error instanceof Error && "errno" in error ? Number(error.errno) : 0);

async function openFailure(path: string, cause: NodeJS.ErrnoException): Promise<DriverError> {
  const names = (await readdir("/dev").catch(() => [])).filter((name) => /^i2c-\d+$/.test(name)).sort();
  return i2cOpenFailure(
    path,
    cause,
    names.map((name) => `/dev/${name}`),
  );
}

function notI2c(path: string, why: string): DriverError {
  return new DriverError("PORT_NOT_I2C", `${path} is no usable I2C bus: ${why}.`, "Name a bus such as /dev/i2c-0.", { path });
}
