/**
 * The loader of an ESP32-S3's mask ROM, bytes in and bytes out: SLIP frames, eight answers to a sync, flash that is erased by sectors and
 * written by deflated blocks, MD5 in letters. https://docs.espressif.com/projects/esptool/en/latest/esp32s3/advanced-topics/serial-protocol.html
 */
import { createHash } from "node:crypto";
import { constants, inflateSync } from "node:zlib";

const END = 0xc0;
const ESCAPE = 0xdb;
const SECTOR = 4096;
const OP = {
  sync: 0x08,
  writeRegister: 0x09,
  readRegister: 0x0a,
  parameters: 0x0b,
  attach: 0x0d,
  begin: 0x10,
  data: 0x11,
  end: 0x12,
  md5: 0x13,
  security: 0x14,
};
const WRONG_CHECKSUM = 0x07;
const UNKNOWN = 0x05;
const FAILED = 0x06;
/** RTC_CNTL: its two watchdogs, and the registers that must hold a key before they can be changed. */
const WATCHDOG = { config: 0x6000_8098, key: 0x6000_80b0, wants: 0x50d8_3aa1 };
const SUPER_WATCHDOG = { config: 0x6000_80b4, key: 0x6000_80b8, wants: 0x8f1d_312a };
const FEEDS_ITSELF = 0x8000_0000;

export interface RomFaults {
  /** GET_SECURITY_INFO's chip: 9 is an ESP32-S3. */
  readonly chipId?: number;
  /** This byte of flash keeps its value whatever is written. */
  readonly stuckAt?: number;
  /** Its watchdogs run, as on its own USB port: unless both are held it starts from flash after so many blocks. */
  readonly watchdogsBiteAfter?: number;
}

export class SimulatedRom {
  readonly flash: Uint8Array;
  /** Which requests came, by number of the operation. */
  readonly heard: number[] = [];
  /** In the loader, or running what is in flash. */
  loading: boolean;
  /** How often it was started from flash. */
  starts = 0;
  readonly #faults: RomFaults;
  readonly #ownUsb: boolean;
  #bootRemembered = false;
  #frame: number[] | null = null;
  #escaped = false;
  #attached = false;
  /** Up to where flash can be reached; what is not known is not. */
  #sizeBytes = 0;
  #registers = new Map<number, number>([[WATCHDOG.config, 1]]);
  #packed: Uint8Array[] = [];
  #offset = 0;
  #blockBytes = 0;
  #lines = { dtr: false, rts: false };

  constructor(
    flashBytes: number,
    { loading = true, ownUsb = false, ...faults }: RomFaults & { readonly loading?: boolean; readonly ownUsb?: boolean } = {},
  ) {
    this.#ownUsb = ownUsb;
    this.flash = new Uint8Array(flashBytes).fill(0xff);
    this.loading = loading;
    this.#faults = faults;
  }

  /** Power is cut and comes back with BOOT held: flash stays. */
  powerCycle(): void {
    this.loading = true;
    this.#frame = null;
    this.#escaped = false;
    this.#attached = false;
    this.#sizeBytes = 0;
    this.#registers = new Map([[WATCHDOG.config, 1]]);
    this.#packed = [];
  }

  /**
   * Behind an adapter two transistors: RTS alone holds it in reset, DTR alone its boot pin low when it comes out. On its own USB port there are no
   * pins: DTR alone is remembered until both are down, RTS alone resets at once.
   */
  setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): void {
    const wasInReset = this.#lines.rts && !this.#lines.dtr;
    this.#lines = { ...this.#lines, ...lines };
    const { dtr, rts } = this.#lines;
    const inReset = rts && !dtr;
    if (!this.#ownUsb) {
      if (wasInReset && !inReset) this.#start(dtr && !rts);
      return;
    }
    if (!rts) this.#bootRemembered = dtr;
    if (inReset && !wasInReset) this.#start(this.#bootRemembered);
  }

  #start(intoLoader: boolean): void {
    this.powerCycle();
    this.loading = intoLoader;
    if (!intoLoader) this.starts++;
  }

  /** What it answers to these bytes. */
  receive(bytes: Uint8Array): Uint8Array {
    const answers: number[] = [];
    for (const byte of this.loading ? bytes : []) {
      if (byte === END) {
        const whole = this.#frame ?? [];
        // The END that closes a frame is not the one that opens the next.
        this.#frame = whole.length > 0 ? null : [];
        if (whole.length >= 8) answers.push(...this.#answer(Uint8Array.from(whole)).flat());
      } else if (this.#frame !== null) {
        if (byte === ESCAPE) this.#escaped = true;
        else {
          this.#frame.push(this.#escaped ? (byte === 0xdc ? END : ESCAPE) : byte);
          this.#escaped = false;
        }
      }
    }
    return Uint8Array.from(answers);
  }

  #answer(request: Uint8Array): number[][] {
    const view = new DataView(request.buffer);
    const op = request[1] as number;
    const body = request.subarray(8);
    this.heard.push(op);
    const good = (data: readonly number[] = []) => [slip(op, data, 0)];
    const word = (i: number) => view.getUint32(8 + 4 * i, true);
    switch (op) {
      case OP.sync:
        return Array.from({ length: 8 }, () => slip(op, [], 0));
      case OP.security:
        return good([...new Array<number>(12).fill(0), this.#faults.chipId ?? 9, 0, 0, 0, 0, 0, 0, 0]);
      case OP.writeRegister:
        if (body.length !== 16) return [slip(op, [], UNKNOWN)];
        this.#writeRegister(word(0), word(1));
        return good();
      case OP.readRegister:
        return [slip(op, [], 0, this.#registers.get(word(0)) ?? 0)];
      case OP.attach:
        // The loader in RAM takes one word, the one in ROM two.
        if (body.length !== 8) return [slip(op, [], UNKNOWN)];
        this.#attached = true;
        return good();
      case OP.parameters:
        if (body.length !== 24) return [slip(op, [], UNKNOWN)];
        this.#sizeBytes = word(1);
        return good();
      case OP.begin:
        if (!this.#attached || body.length !== 20) return [slip(op, [], UNKNOWN)];
        if (word(3) + word(0) > this.#sizeBytes) return [slip(op, [], FAILED)];
        this.#packed = [];
        this.#blockBytes = word(2);
        this.#offset = word(3);
        this.flash.fill(0xff, this.#offset - (this.#offset % SECTOR), Math.ceil((this.#offset + word(0)) / SECTOR) * SECTOR);
        return good();
      case OP.data: {
        const block = body.subarray(16);
        const sum = block.reduce((xor, byte) => xor ^ byte, 0xef);
        if (sum !== view.getUint32(4, true) || block.length !== word(0) || block.length > this.#blockBytes)
          return [slip(op, [], WRONG_CHECKSUM)];
        if (word(1) !== this.#packed.length) return [slip(op, [], UNKNOWN)];
        if (this.#packed.length + 1 > (this.#faults.watchdogsBiteAfter ?? Number.POSITIVE_INFINITY) && !this.#watchdogsHeld()) {
          this.loading = false;
          this.starts++;
          return [];
        }
        this.#packed.push(block.slice());
        this.#program(inflateSync(Buffer.concat(this.#packed), { finishFlush: constants.Z_SYNC_FLUSH }));
        return good();
      }
      case OP.end:
        return good();
      case OP.md5: {
        const read = this.flash.subarray(word(0), word(0) + word(1));
        return good([...Buffer.from(createHash("md5").update(read).digest("hex"))]);
      }
      default:
        return [slip(op, [], UNKNOWN)];
    }
  }

  #writeRegister(address: number, value: number): void {
    for (const { config, key, wants } of [WATCHDOG, SUPER_WATCHDOG]) if (address === config && this.#registers.get(key) !== wants) return;
    this.#registers.set(address, value);
  }

  #watchdogsHeld(): boolean {
    const superWatchdog = this.#registers.get(SUPER_WATCHDOG.config) ?? 0;
    return this.#registers.get(WATCHDOG.config) === 0 && (superWatchdog & FEEDS_ITSELF) !== 0;
  }

  #program(bytes: Uint8Array): void {
    const { stuckAt } = this.#faults;
    bytes.forEach((byte, i) => {
      if (this.#offset + i !== stuckAt) this.flash[this.#offset + i] = byte;
    });
  }
}

/** An answer: its value (of a register; else of no meaning), its data, two bytes of status and two without a meaning. */
function slip(op: number, data: readonly number[], error: number, value = 0x5520_1207): number[] {
  const size = data.length + 4;
  const word = [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
  const plain = [0x01, op, size & 0xff, size >> 8, ...word, ...data, error === 0 ? 0 : 1, error, 0, 0];
  return [END, ...plain.flatMap((byte) => (byte === END ? [ESCAPE, 0xdc] : byte === ESCAPE ? [ESCAPE, 0xdd] : [byte])), END];
}
