import type { Clock } from "../../../common/clock.ts";
import { FakePort } from "../../bm13xx/testing/fake-port.ts";
import { registerResponse, sealResponse } from "../../bm13xx/testing/responses.ts";

/** What can be wrong with a chain; places count from 0. */
export interface Faults {
  /** What CHIP_ID reads above the address. */
  id?: number;
  /** Answers in 9 bytes whatever is written. */
  short?: boolean;
  /** Rates above this make answers unreadable. */
  goodBaud?: number;
  /** Registers whose writes are lost: register -> what it reads. */
  stuck?: Record<number, number>;
  /** Registers that are never answered for, at all or by one chip. */
  mute?: number[];
  muteChip?: number;
  /** The chip at this place misses its set-address. */
  deafToAddress?: number;
  /** So many reads are lost before one gets through. */
  loseReads?: number;
}

interface FakeChip {
  address: number;
  addressed: boolean;
  readonly registers: Map<number, number>;
}

/** Chips behind a port, as specs/bm1366.md 1.6, 1.7 and 3.3 describe them: writes are taken in silence, reads answered with whole frames. */
export class FakeChain extends FakePort {
  chips: FakeChip[];
  readonly #faults: Faults;
  #reads = 0;

  constructor(clock: Clock, chips: number, faults: Faults = {}) {
    super(clock, 115_200);
    this.#faults = faults;
    this.chips = Array.from({ length: chips }, () => ({ address: 0, addressed: false, registers: new Map([[0x08, 0xc054_0165]]) }));
  }

  protected command(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const header = view.getUint8(2);
    const address = view.getUint8(4);
    const register = view.getUint8(5);
    const all = (header & 0x10) !== 0;
    const meant = this.chips.filter((chip) => all || chip.address === address);
    if (header === 0x53) for (const chip of this.chips) chip.addressed = false;
    if (header === 0x40) {
      const place = this.chips.findIndex((chip) => !chip.addressed);
      const chip = this.chips[place];
      if (!chip) return;
      chip.addressed = true;
      if (place !== this.#faults.deafToAddress) chip.address = address;
    }
    if (header === 0x41 || header === 0x51) {
      for (const chip of meant) chip.registers.set(register, view.getUint32(6));
      if (register === 0x28) this.chipBaud = 25e6 / (8 * (view.getUint8(8) + 1));
    }
    if (header === 0x42 || header === 0x52) this.#answer(meant, register);
  }

  #answer(chips: readonly FakeChip[], register: number): void {
    if (++this.#reads <= (this.#faults.loseReads ?? 0)) return;
    if (this.#faults.mute?.includes(register)) return;
    const { id = 0x1366, stuck = {}, muteChip, goodBaud = Number.POSITIVE_INFINITY } = this.#faults;
    if (this.chipBaud > goodBaud) {
      this.discardedBytes += 11 * chips.length;
      return;
    }
    const frames = chips
      .filter((_, place) => place !== muteChip || register === 0)
      .map((chip) => {
        const value = register === 0 ? id * 65536 + chip.address : (stuck[register] ?? chip.registers.get(register) ?? 0);
        const locked = register === 0x08 && stuck[register] === undefined ? (value | 0x8000_0000) >>> 0 : value;
        const word = [locked >>> 24, (locked >>> 16) & 0xff, (locked >>> 8) & 0xff, locked & 0xff];
        return this.#faults.short ? sealResponse([...word, chip.address, register], 0) : registerResponse(locked, chip.address, register);
      });
    void this.clock.sleep(1).then(() => this.deliver(frames));
  }
}
