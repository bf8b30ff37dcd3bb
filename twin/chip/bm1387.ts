import type { Random } from "../../common/random.ts";
import type { I2cBus } from "../board/i2c.ts";
import { S9_PARAMETERS } from "../parameters.ts";
import { errorProbability, tooLowToAnswer } from "../physics/error-law.ts";
import type { HostFrame1387 } from "./bm1387-frames.ts";
import type { NativeChainSweep } from "./bm1387-native.ts";
import { dividerBaud, miscFields, pllHz, REGISTER_1387 as REGISTER, RESET_MISC, RESET_PLL, ticketBits } from "./bm1387-registers.ts";
import { logicalCore, minimumVoltage1387, type Silicon1387 } from "./bm1387-silicon.ts";
import { responseTrailer } from "./crc.ts";

/** A frame a chip wants to send, and since when. */
export interface Answer1387 {
  readonly readyNs: number;
  readonly bytes: Uint8Array;
  readonly nonce: boolean;
}

/** A row of the native search. */
export interface Find1387 {
  readonly tNs: number;
  readonly nonceBe: number;
  readonly midstate: number;
  readonly below: number;
  readonly jobId: number;
  readonly jobSerial: number;
  readonly decoy: boolean;
}

export interface Chip1387Options {
  readonly index: number;
  readonly sweep: NativeChainSweep;
  readonly silicon: Silicon1387;
  /** Draws which hashes come out wrong. */
  readonly random: Random;
  /** What hangs on the chip's own I2C pins, on either bus. */
  readonly sensors: readonly [I2cBus | null, I2cBus | null];
}

const CHIP_ID = 0x1387;
/** Byte 2 of the ChipAddress register. specs/bm1387.md 1.4 */
const CORES_REVISION = 0x9000;
const I2C_BUSY = 0x8000_0000;
const I2C_COMMAND = 0x0100_0000;
const HASH_RATE_UNIT = 2 ** 24;
const NOTHING_THERE = 0xff;
const SOUND_LOCK_NS = S9_PARAMETERS.chain.pllLockS * 1e9;

/** One BM1387 as its pins show it; its cores are in the chain's native sweep. specs/bm1387.md 2, 3.5, 9, 11 */
export class Bm1387 {
  readonly index: number;
  readonly silicon: Silicon1387;
  /** Fault: keeps the rate it has whatever it is told. */
  missesBaud = false;
  /** Fault: claims to be another chip. */
  idOverride: number | null = null;
  /** Fault: takes the address meant for the chip before it. */
  takesAddressBefore = false;
  readonly #sweep: NativeChainSweep;
  readonly #random: Random;
  /** How fast the board's crystal runs, 1 = as marked. */
  #crystal = 1;
  readonly #sensors: readonly [I2cBus | null, I2cBus | null];
  #address = 0;
  #addressed = false;
  #forwardsAddresses = true;
  #baudDivider = miscFields(RESET_MISC).baudDivider;
  #misc = RESET_MISC;
  #pll = RESET_PLL;
  /** How long the PLL takes to lock; the cores stand still meanwhile. */
  #pllLockNs: number = SOUND_LOCK_NS;
  #lockNs: number | null = null;
  #clockHz = 0;
  #ticketMask = 0;
  #i2c = 0;
  #i2cDoneNs = 0;
  #stored = new Map<number, number>();
  #frequencyMhz = 0;
  #coreV = 0;
  #marginV = 0;
  #jobSerial = 0;
  #solution = 0;
  /** Second and number of difficulty-1 finds, of the seconds that HashRate averages over. */
  #finds: { second: number; count: number }[] = [];

  constructor(options: Chip1387Options) {
    this.index = options.index;
    this.silicon = options.silicon;
    this.#sweep = options.sweep;
    this.#random = options.random;
    this.#sensors = options.sensors;
    this.setBadCores(options.silicon.badCores);
    this.reset(0);
  }

  /** RST: the ticket mask alone survives it (specs/bm1387.md 11). The chain resets the sweep. */
  reset(tNs: number): void {
    this.#address = 0;
    this.#addressed = false;
    this.#forwardsAddresses = true;
    this.#misc = RESET_MISC;
    this.#baudDivider = miscFields(RESET_MISC).baudDivider;
    this.#i2c = 0;
    this.#i2cDoneNs = 0;
    this.#stored.clear();
    this.#finds = [];
    this.#sweep.setAddress(this.index, 0);
    this.#setPll(RESET_PLL);
    this.lockPll(tNs);
  }

  /** Without supply nothing survives. */
  losePower(): void {
    this.#ticketMask = 0;
  }

  get address(): number {
    return this.#address;
  }

  get baudDivider(): number {
    return this.#baudDivider;
  }

  get lineRate(): number {
    return dividerBaud(this.#baudDivider) * this.#crystal;
  }

  get frequencyMhz(): number {
    return this.#frequencyMhz;
  }

  get multiMidstate(): boolean {
    return miscFields(this.#misc).multiMidstate;
  }

  /**
   * Too little voltage to answer at all (specs/bm1387.md 8.3). That is said of chips that hash: with its cores closed nothing runs at
   * the core clock, so a chip answers as long as it keeps its state. Hosts set clocks one chip at a time, which unbalances domains.
   */
  get silent(): boolean {
    if (this.#coreV < S9_PARAMETERS.silicon.powerOnResetV) return true;
    return tooLowToAnswer(this.#marginV - this.silicon.chipOffsetV) && this.#sweep.openCores(this.index) > 0;
  }

  /** When the PLL locks that was told so last; null while it is locked. */
  get lockNs(): number | null {
    return this.#lockNs;
  }

  /** The cores run on, with the clock that was asked for. The sweep stands at `tNs`. */
  lockPll(tNs: number): void {
    this.#lockNs = null;
    this.#clockHz = this.#frequencyMhz * 1e6;
    this.#sweep.setClock(this.index, tNs, this.#clockHz * this.#crystal);
  }

  /** How fast the board's crystal runs from now on; 0 is as marked. The sweep stands at `tNs`. */
  setCrystalPpm(tNs: number, ppm: number): void {
    this.#crystal = 1 + ppm * 1e-6;
    this.#sweep.setClock(this.index, tNs, this.#clockHz * this.#crystal);
  }

  /** Fault: how long the PLL takes to lock from the next write on; null is sound, and lets one that would go on waiting lock at once. */
  setPllLock(lockNs: number | null, tNs: number): void {
    this.#pllLockNs = lockNs ?? SOUND_LOCK_NS;
    if (lockNs === null && this.#lockNs !== null && this.#lockNs > tNs + SOUND_LOCK_NS) this.lockPll(tNs);
  }

  setBadCores(bad: Uint8Array): void {
    this.#sweep.setBadCores(this.index, bad);
  }

  /** Supply of the core, from now on. */
  setCoreVoltage(coreV: number): void {
    this.#coreV = coreV;
    this.#marginV = coreV - minimumVoltage1387(this.#frequencyMhz);
  }

  /** A set-address comes by. Returns whether the next chip gets it too. specs/bm1387.md 9.5 */
  takeAddress(address: number): boolean {
    const passesOn = this.#addressed || this.#forwardsAddresses;
    if (!this.#addressed) {
      this.#address = this.takesAddressBefore ? Math.max(0, address - 4) : address;
      this.#addressed = true;
      this.#sweep.setAddress(this.index, this.#address);
    }
    return passesOn;
  }

  /** Does what a frame says; the answer to a read is ready at once. The sweep stands at `tNs`. */
  handle(frame: HostFrame1387, tNs: number): Answer1387 | null {
    if (this.silent) return null;
    switch (frame.kind) {
      case "chain-inactive":
        this.#forwardsAddresses = false;
        this.#addressed = false;
        return null;
      case "write":
        if (this.#isMeant(frame.address)) this.#write(frame.register, frame.value, tNs);
        return null;
      case "read":
        return this.#isMeant(frame.address)
          ? { readyNs: tNs, bytes: this.#registerFrame(this.#read(frame.register, tNs)), nonce: false }
          : null;
      default:
        return null;
    }
  }

  /** What becomes of a candidate that passed the base filter: an answer, or nothing. */
  find(find: Find1387): Answer1387 | null {
    const core = logicalCore(find.nonceBe & 0x7f);
    const failed = this.#random.next() < errorProbability(this.#marginV - (this.silicon.coreOffsetsV[core] as number));
    // A core that fails misses what it should find, and finds what it should not.
    if (failed !== find.decoy || this.silent) return null;
    this.#countFind(find.tNs);
    if ((find.below & ticketBits(this.#ticketMask)) !== 0) return null;
    if (find.jobSerial !== this.#jobSerial) this.#solution = 0;
    this.#jobSerial = find.jobSerial;
    const payload = new Uint8Array(6);
    new DataView(payload.buffer).setUint32(0, find.nonceBe);
    payload[4] = this.#solution++;
    payload[5] = (find.jobId + find.midstate) & 0x7f;
    return { readyNs: find.tNs, bytes: frameOf(payload, 4), nonce: true };
  }

  /** Zero bits beyond the ticket mask's among the hash bits it looks at. */
  excessBits(below: number): number {
    return Math.clz32(below) - Math.clz32(~ticketBits(this.#ticketMask));
  }

  #isMeant(address: number | null): boolean {
    return address === null || address === this.#address;
  }

  #setPll(value: number): void {
    this.#pll = value & 0x7fff_ffff;
    this.#frequencyMhz = pllHz(value) / 1e6;
    this.setCoreVoltage(this.#coreV);
  }

  #write(register: number, value: number, tNs: number): void {
    switch (register) {
      case REGISTER.chipAddress:
      case REGISTER.hashRate:
        return;
      case REGISTER.pll:
        this.#setPll(value);
        this.#lockNs = tNs + this.#pllLockNs;
        this.#clockHz = 0;
        this.#sweep.setClock(this.index, tNs, 0);
        return;
      case REGISTER.ticketMask:
        this.#ticketMask = value;
        return;
      case REGISTER.miscControl:
        this.#writeMisc(value, tNs);
        return;
      case REGISTER.generalI2c:
        this.#startI2c(value, tNs);
        return;
      default:
        this.#stored.set(register, value);
    }
  }

  #writeMisc(value: number, tNs: number): void {
    const fields = miscFields(value);
    this.#misc = value;
    if (fields.setsBaud && !this.missesBaud) this.#baudDivider = fields.baudDivider;
    // Any write with the bit set begins anew; clearing it leaves open cores open (specs/bm1387.md 3.5, 11).
    if (fields.gateBlock) this.#sweep.closeCores(this.index, tNs);
    this.#sweep.setMode(this.index, fields.gateBlock, fields.multiMidstate);
  }

  /** specs/bm1387.md 2.4: an even address reads, an odd one writes. */
  #startI2c(value: number, tNs: number): void {
    if (tNs < this.#i2cDoneNs) return;
    this.#i2c = value;
    if ((value & I2C_COMMAND) === 0) return;
    this.#i2cDoneNs = tNs + S9_PARAMETERS.sensor.transferS * 1e9;
    const { i2cPins, i2cBus } = miscFields(this.#misc);
    const bus = i2cPins ? this.#sensors[i2cBus] : null;
    const [address, register, data] = [(value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
    if ((address & 1) === 1) {
      bus?.transfer(address >> 1, Uint8Array.of(register, data), 0);
      return;
    }
    const read = bus?.transfer(address >> 1, Uint8Array.of(register), 1)?.[0] ?? NOTHING_THERE;
    this.#i2c = ((value & ~0xff) | read) >>> 0;
  }

  #read(register: number, tNs: number): number {
    switch (register) {
      case REGISTER.chipAddress:
        return ((this.idOverride ?? CHIP_ID) << 16) | CORES_REVISION | this.#address;
      case REGISTER.hashRate:
        return Math.floor(this.#hashRateHz(tNs) / HASH_RATE_UNIT);
      case REGISTER.pll: {
        const locked = this.#frequencyMhz > 0 && this.#lockNs === null;
        return locked ? this.#pll | 0x8000_0000 : this.#pll;
      }
      case REGISTER.ticketMask:
        return this.#ticketMask;
      case REGISTER.miscControl:
        return this.#misc;
      case REGISTER.generalI2c:
        return tNs < this.#i2cDoneNs ? I2C_BUSY : this.#i2c;
      default:
        return this.#stored.get(register) ?? 0;
    }
  }

  #countFind(tNs: number): void {
    const second = Math.floor(tNs / 1e9);
    const last = this.#finds.at(-1);
    if (last?.second === second) last.count++;
    else this.#finds.push({ second, count: 1 });
    this.#forgetFinds(second);
  }

  #forgetFinds(second: number): void {
    while ((this.#finds[0]?.second ?? second) <= second - S9_PARAMETERS.chain.hashRateWindowS) this.#finds.shift();
  }

  #hashRateHz(tNs: number): number {
    this.#forgetFinds(Math.floor(tNs / 1e9));
    const finds = this.#finds.reduce((sum, { count }) => sum + count, 0);
    return (finds * 2 ** 32) / S9_PARAMETERS.chain.hashRateWindowS;
  }

  /** No address and no register number: bytes 4 and 5 are zero. specs/bm1387.md 1.4 */
  #registerFrame(value: number): Uint8Array {
    const payload = new Uint8Array(6);
    new DataView(payload.buffer).setUint32(0, value >>> 0);
    return frameOf(payload, 0);
  }
}

function frameOf(payload: Uint8Array, type: number): Uint8Array {
  const bytes = new Uint8Array(7);
  bytes.set(payload);
  bytes[6] = responseTrailer(payload, type);
  return bytes;
}
