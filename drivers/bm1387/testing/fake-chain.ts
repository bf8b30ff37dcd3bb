import type { Clock } from "../../../common/clock.ts";
import { FakePort } from "../../bm13xx/testing/fake-port.ts";
import { nonceResponse, registerResponse } from "./responses.ts";

/** What can be wrong with a chain; places count from 0. */
export interface Faults {
  /** What CHIP_ADDRESS reads above 0x9000. */
  id?: number;
  /** Rates above this make answers unreadable. */
  goodBaud?: number;
  /** Registers whose writes are lost: register -> what it reads. */
  stuck?: Record<number, number>;
  /** The PLL of the chip at this place never locks. */
  unlocked?: number;
  /** This register is not answered for by the chip at this place. */
  mute?: { register: number; place: number };
  /** The chip at this place takes its set-address as this instead. */
  misheard?: { place: number; address: number };
  /** So many of the next reads are lost. */
  loseReads?: number;
  /** How many cores of each chip open at most, by place; 114 unless said. */
  coresOf?: (place: number, opening: number) => number;
  /** Answers to be slipped in before the next broadcast read's. */
  strays?: number[];
}

interface FakeChip {
  address: number;
  addressed: boolean;
  /** Opened so far, in order 0..113. */
  open: number;
  /** Share of the next nonce that is already due. */
  due: number;
  readonly registers: Map<number, number>;
  /** Behind its I2C pins: 8-bit address -> registers. */
  readonly devices: Map<number, Map<number, number>>;
}

interface Running {
  readonly id: number;
  readonly midstates: number;
  readonly sinceNs: bigint;
}

const MISC = 0x1c;
const I2C = 0x20;
const GATE = 0x8000;
const CORES = 114;

/**
 * Chips behind a port, by specs/bm1387.md 1, 2, 3.5 and 9: writes are taken in silence, reads answered in chain order with values alone, works open cores
 * while the gate is closed, and open cores find nonces at the rate of their clock. A nonce's hash is made up: use a work scale of 32.
 */
export class FakeChain extends FakePort {
  readonly chips: FakeChip[];
  readonly faults: Faults;
  /** Each job frame's time and bytes. */
  readonly jobs: { atNs: bigint; bytes: Uint8Array }[] = [];
  /** How often the gate was closed before works came. */
  openings = 0;
  #running: Running | null = null;
  #found = 0;

  constructor(clock: Clock, chips: number, faults: Faults = {}) {
    super(clock, 25e6 / (8 * 27));
    this.faults = faults;
    this.chips = Array.from({ length: chips }, () => ({
      address: 0,
      addressed: false,
      open: 0,
      due: 0,
      registers: new Map([
        [0x0c, 0x8040_0222],
        [0x18, 0xff],
        [MISC, 0x4020_1a00],
        [I2C, 0x0100_0000],
      ]),
      devices: new Map(),
    }));
  }

  protected command(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const header = view.getUint8(0);
    if (header === 0x21) {
      this.#job(bytes);
      return;
    }
    const meant = this.chips.filter((chip) => (header & 0x10) !== 0 || chip.address === view.getUint8(2));
    if (header === 0x55) for (const chip of this.chips) chip.addressed = false;
    if (header === 0x41) this.#setAddress(view.getUint8(2));
    if (header === 0x48 || header === 0x58) for (const chip of meant) this.#write(chip, view.getUint8(3), view.getUint32(4));
    if (header === 0x58 && view.getUint8(3) === MISC && (view.getUint32(4) & GATE) !== 0) this.openings++;
    if (header === 0x44 || header === 0x54) this.#answer(meant, view.getUint8(3), header === 0x54);
  }

  #setAddress(address: number): void {
    const place = this.chips.findIndex((chip) => !chip.addressed);
    const chip = this.chips[place];
    if (!chip) return;
    chip.addressed = true;
    chip.address = this.faults.misheard?.place === place ? this.faults.misheard.address : address;
  }

  #write(chip: FakeChip, register: number, value: number): void {
    if (register === I2C) {
      this.#i2c(chip, value);
      return;
    }
    chip.registers.set(
      register,
      register === 0x0c && chip !== this.chips[this.faults.unlocked ?? -1] ? (value | 0x8000_0000) >>> 0 : value,
    );
    if (register !== MISC) return;
    if ((value & 0x4000_0000) === 0) this.chipBaud = 25e6 / (8 * (((value >>> 8) & 0x1f) + 1));
    if ((value & GATE) !== 0) chip.open = 0;
  }

  /** Even addresses read, odd ones write; nobody there reads 0xFF. specs/bm1387.md 2.4, 11 */
  #i2c(chip: FakeChip, value: number): void {
    const address = (value >>> 16) & 0xff;
    const register = (value >>> 8) & 0xff;
    const device = chip.devices.get(address & 0xfe);
    if (address & 1) {
      device?.set(register, value & 0xff);
      chip.registers.set(I2C, value);
    } else chip.registers.set(I2C, ((value & 0xffff_ff00) | (device?.get(register) ?? (device ? 0 : 0xff))) >>> 0);
  }

  #answer(chips: readonly FakeChip[], register: number, all: boolean): void {
    const { id = 0x1387, stuck = {}, mute, goodBaud = Number.POSITIVE_INFINITY, loseReads = 0, strays } = this.faults;
    if (loseReads > 0) {
      this.faults.loseReads = loseReads - 1;
      return;
    }
    if (this.chipBaud > goodBaud) {
      this.discardedBytes += 7 * chips.length;
      return;
    }
    const values = chips
      .filter((chip) => !(mute?.register === register && this.chips[mute.place] === chip))
      .map((chip) => (register === 0 ? id * 65536 + 0x9000 + chip.address : (stuck[register] ?? chip.registers.get(register) ?? 0)));
    if (all) values.unshift(...(strays?.splice(0, 1) ?? []));
    if (values.length > 0) void this.clock.sleep(0.1).then(() => this.deliver(values.map(registerResponse)));
  }

  #job(bytes: Uint8Array): void {
    const nowNs = this.clock.nowNs();
    this.#mine(nowNs);
    this.jobs.push({ atNs: nowNs, bytes: bytes.slice() });
    const [, , id = 0, midstates = 1] = bytes;
    this.#running = { id, midstates, sinceNs: nowNs };
    if (((bytes[8] as number) & 1) === 0) return;
    for (const [place, chip] of this.chips.entries()) {
      const most = this.faults.coresOf?.(place, this.openings) ?? CORES;
      if (((chip.registers.get(MISC) ?? 0) & GATE) !== 0 && chip.open < most) chip.open++;
    }
  }

  /** What the job that now ends has yielded. */
  #mine(untilNs: bigint): void {
    const job = this.#running;
    if (!job) return;
    const seconds = Number(untilNs - job.sinceNs) / 1e9;
    const frames = this.chips.flatMap((chip) => {
      const word = chip.registers.get(0x0c) ?? 0;
      const hz = (25e6 * ((word >>> 16) & 0xff)) / (((word >>> 8) & 15) * ((word >>> 4) & 15) * (word & 15));
      chip.due += (hz * chip.open * seconds) / 2 ** 32;
      const nonces: Uint8Array[] = [];
      for (; chip.due >= 1; chip.due--) {
        const nth = this.#found++ % chip.open;
        const counts = Math.floor(((this.#found * 7919) % 1000) * 1e-3 * Math.min(0.9 * 2 ** 19, (hz * seconds) / job.midstates));
        nonces.push(nonceResponse(chip.address * 2 ** 17 + counts, nth < 57 ? nth : nth + 7, job.id + (this.#found % job.midstates)));
      }
      return nonces;
    });
    if (frames.length > 0) this.deliver(frames, untilNs);
  }
}
