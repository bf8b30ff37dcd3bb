/**
 * The loader of an ESP32-S3's mask ROM, bytes in and bytes out: SLIP frames, eight answers to a sync, flash that is erased by sectors and
 * written by deflated blocks, MD5 in letters. https://docs.espressif.com/projects/esptool/en/latest/esp32s3/advanced-topics/serial-protocol.html
 */
import { createHash } from "node:crypto";
import { constants, inflateSync } from "node:zlib";

const END = 0xc0;
const ESCAPE = 0xdb;
const SECTOR = 4096;
const OP = { sync: 0x08, attach: 0x0d, begin: 0x10, data: 0x11, end: 0x12, md5: 0x13, security: 0x14 };
const WRONG_CHECKSUM = 0x07;
const UNKNOWN = 0x05;

export interface RomFaults {
  /** GET_SECURITY_INFO's chip: 9 is an ESP32-S3. */
  readonly chipId?: number;
  /** This byte of flash keeps its value whatever is written. */
  readonly stuckAt?: number;
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
  #frame: number[] | null = null;
  #escaped = false;
  #attached = false;
  #packed: Uint8Array[] = [];
  #offset = 0;
  #blockBytes = 0;
  #lines = { dtr: false, rts: false };

  constructor(flashBytes: number, { loading = true, ...faults }: RomFaults & { readonly loading?: boolean } = {}) {
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
    this.#packed = [];
  }

  /** Two transistors: RTS alone holds it in reset, DTR alone its boot pin low. */
  setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): void {
    const inReset = this.#lines.rts && !this.#lines.dtr;
    this.#lines = { ...this.#lines, ...lines };
    if (!inReset || (this.#lines.rts && !this.#lines.dtr)) return;
    this.powerCycle();
    this.loading = this.#lines.dtr && !this.#lines.rts;
    if (!this.loading) this.starts++;
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
      case OP.attach:
        this.#attached = true;
        return good();
      case OP.begin:
        if (!this.#attached) return [slip(op, [], UNKNOWN)];
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

  #program(bytes: Uint8Array): void {
    const { stuckAt } = this.#faults;
    bytes.forEach((byte, i) => {
      if (this.#offset + i !== stuckAt) this.flash[this.#offset + i] = byte;
    });
  }
}

/** An answer: its data, two bytes of status and two without a meaning. */
function slip(op: number, data: readonly number[], error: number): number[] {
  const size = data.length + 4;
  const plain = [0x01, op, size & 0xff, size >> 8, 0x07, 0x12, 0x20, 0x55, ...data, error === 0 ? 0 : 1, error, 0, 0];
  return [END, ...plain.flatMap((byte) => (byte === END ? [ESCAPE, 0xdc] : byte === ESCAPE ? [ESCAPE, 0xdd] : [byte])), END];
}
