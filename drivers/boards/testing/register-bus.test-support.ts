/** An I2C bus of devices with byte registers: write [register, value], read after [register]. */
import type { I2cBus } from "../../transport/i2c.ts";
import { nak } from "./fake-pic.test-support.ts";

export class RegisterBus implements I2cBus {
  /** Address to registers. */
  readonly devices: Map<number, Map<number, number>>;
  /** "4c:09=04" per write. */
  readonly written: string[] = [];
  /** Thrown in place of every transfer while set. */
  failure: Error | null = null;
  /** What an address without a device gives; null is no acknowledge. A chip's register 0x20 gives 0xff (specs/bm1387.md 11). */
  readonly absent: number | null;
  /** Registers that do not take what is written: "4c:03". */
  readonly stuck = new Set<string>();

  constructor(devices: readonly (readonly [number, readonly (readonly [number, number])[]])[], absent: number | null = null) {
    this.devices = new Map(devices.map(([address, registers]) => [address, new Map(registers)]));
    this.absent = absent;
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    const registers = this.#at(address);
    const [register = 0, value] = bytes;
    this.written.push(`${hex(address)}:${hex(register)}=${Buffer.from(bytes.subarray(1)).toString("hex")}`);
    if (value !== undefined && !this.stuck.has(`${hex(address)}:${hex(register)}`)) registers?.set(register, value);
  }

  async read(address: number, n: number): Promise<Uint8Array> {
    this.#at(address);
    return new Uint8Array(n);
  }

  async writeRead(address: number, bytes: Uint8Array, n: number): Promise<Uint8Array> {
    const registers = this.#at(address);
    return Uint8Array.from({ length: n }, (_, i) => registers?.get((bytes[0] as number) + i) ?? this.absent ?? 0);
  }

  #at(address: number): Map<number, number> | undefined {
    if (this.failure) throw this.failure;
    const registers = this.devices.get(address);
    if (registers === undefined && this.absent === null) throw nak();
    return registers;
  }
}

const hex = (value: number): string => value.toString(16).padStart(2, "0");
