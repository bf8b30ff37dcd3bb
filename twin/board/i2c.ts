/** A chip on the I2C bus. Transfers are atomic: the bytes written, then (after a repeated start) the bytes read. */
export interface I2cDevice {
  readonly address: number;
  /** The bytes after the address; empty when only the address is tried. */
  write(bytes: Uint8Array): void;
  /** `count` bytes from where the last write left the pointer. */
  read(count: number): Uint8Array;
}

export class I2cBus {
  readonly #devices: readonly I2cDevice[];

  constructor(devices: readonly I2cDevice[]) {
    this.#devices = devices;
  }

  /** What was read (empty when `readCount` is 0), or null when nothing acknowledges the address. */
  transfer(address: number, written: Uint8Array | null, readCount: number): Uint8Array | null {
    const device = this.#devices.find((candidate) => candidate.address === address);
    if (device === undefined) return null;
    if (written !== null) device.write(written);
    return readCount > 0 ? device.read(readCount) : new Uint8Array(0);
  }
}
