import type { Random } from "../../common/random.ts";
import { responseTrailer } from "./crc.ts";
import type { HostFrame } from "./host-frames.ts";
import { decodeJob } from "./job.ts";
import { CORE_RESET_VALUES, coreClockHz, lineRate, READ_ONLY, REGISTER, RESET_VALUES, ticketZeroBits } from "./registers.ts";
import { errorProbabilities, type Silicon, tooLowToAnswer } from "./silicon.ts";
import { type Find, SMALL_CORES, Sweep } from "./sweep.ts";

/** A frame a chip wants to send, and since when. */
export interface Answer {
  readonly readyNs: number;
  readonly bytes: Uint8Array;
  readonly nonce: boolean;
}

export interface ChipOptions {
  readonly silicon: Silicon;
  readonly workScale: number;
  /** Draws which hashes come out wrong. */
  readonly random: Random;
}

/** Most of the time there is nothing, and a chip is asked thousands of times a second. */
const NOTHING: readonly Answer[] = [];
/** Counters count units of 2^32 hashes. specs/bm1366.md 2.8 */
const COUNTER_UNIT = 2 ** 32;
const DOMAINS = 4;
/** So little changes no error probability by a part in 250: not worth working them all out again. */
const SAME_V = 1e-5;
const SAME_K = 0.03;
/** Small cores of the four domains: 28 cores each, the last core has six (specs/bm1366.md 4.9). */
const DOMAIN_SMALL_CORES = [224, 224, 224, 222];

/** One BM1366 as its pins show it. State is lost by `reset` (NRST low, or no core supply). specs/bm1366.md 2, 4.7, 4.10 */
export class Bm1366 {
  /** Faults: answers nothing and finds nothing; or claims to be another chip. */
  dead = false;
  chipIdOverride: number | null = null;
  /** Fault: takes the address meant for the chip before it. */
  takesAddressBefore = false;
  /** Fault: cores that find nothing. */
  badCores: ReadonlySet<number> = new Set();

  readonly silicon: Silicon;
  readonly #workScale: number;
  readonly #random: Random;
  #registers = new Map(RESET_VALUES);
  #coreRegisters = new Map(CORE_RESET_VALUES);
  #address = 0;
  #awaitsAddress = false;
  #missesBaud = false;
  /** Line rate that it keeps while it misses changes. */
  #keptLineRate = 0;
  /** ns that the PLL takes to lock; 0 is sound. While it has not locked, the cores stand still. */
  #pllLockNs = 0;
  #locksAtNs: number | null = null;
  #sweep: Sweep;
  /** Swept positions when the conditions last changed, for the error counter. */
  #countedPositions = 0;
  #erroneousHashes = 0;
  #errorByCore: Float64Array;
  #meanError = 0;
  #silent = false;
  /** What the errors follow from. */
  #conditions = { coreV: Number.NaN, junctionC: Number.NaN, frequencyMhz: 0 };
  #crystalPpm = 0;
  #finds: Find[] = [];

  constructor(options: ChipOptions) {
    this.silicon = options.silicon;
    this.#workScale = options.workScale;
    this.#random = options.random;
    this.#errorByCore = new Float64Array(options.silicon.coreOffsetsV.length);
    this.#sweep = this.#newSweep();
  }

  reset(): void {
    this.#registers = new Map(RESET_VALUES);
    this.#coreRegisters = new Map(CORE_RESET_VALUES);
    this.#address = 0;
    this.#awaitsAddress = false;
    this.#locksAtNs = null;
    this.#keptLineRate = this.#toldLineRate();
    this.#sweep = this.#newSweep();
    this.#countedPositions = 0;
    this.#erroneousHashes = 0;
  }

  get address(): number {
    return this.#address;
  }

  /** Waits for a set-address, and keeps those behind it from hearing one. specs/bm1366.md 1.6 */
  get awaitsAddress(): boolean {
    return this.#awaitsAddress;
  }

  get frequencyMhz(): number {
    return coreClockHz(this.#registers.get(REGISTER.pll0) ?? 0) / 1e6;
  }

  get lineRate(): number {
    return this.#missesBaud ? this.#keptLineRate : this.#toldLineRate();
  }

  /** Fault: keeps the rate it has whatever it is told. */
  setMissesBaud(misses: boolean): void {
    if (misses && !this.#missesBaud) this.#keptLineRate = this.#toldLineRate();
    this.#missesBaud = misses;
  }

  /** Fault: how long the PLL takes to lock from the next write on; 0 is sound, and lets one that is still waiting lock at once. */
  setPllLock(lockNs: number, tNs: number): void {
    this.#pllLockNs = lockNs;
    if (lockNs === 0 && this.#locksAtNs !== null) this.#locksAtNs = Math.min(this.#locksAtNs, tNs);
  }

  /** Version rolling is on: jobs are full headers and answers have 11 bytes. specs/bm1366.md 2.9 */
  get versionRolling(): boolean {
    return ((this.#registers.get(REGISTER.versionRolling) ?? 0) & 0x8000_0000) !== 0;
  }

  /** The die's diode is led out to the pins. specs/bm1366.md 2, register 54 */
  get diodeConnected(): boolean {
    return this.#registers.get(REGISTER.analogMux) === 3;
  }

  /** Positions each small core has swept since reset; a measure of the work done. */
  sweptPositions(tNs: number): number {
    return this.dead ? 0 : this.#sweep.sweptPositions(tNs);
  }

  /** How fast the board's crystal runs from now on; 0 is as marked. */
  setCrystalPpm(tNs: number, ppm: number): void {
    if (ppm === this.#crystalPpm) return;
    this.#crystalPpm = ppm;
    this.#sweep.setCrystalPpm(tNs, ppm);
  }

  /** Supply and heat as they are from now on. They decide which hashes fail, and whether the chip answers. */
  setConditions(tNs: number, coreV: number, junctionC: number): void {
    const { frequencyMhz } = this;
    const last = this.#conditions;
    const same =
      Math.abs(coreV - last.coreV) < SAME_V && Math.abs(junctionC - last.junctionC) < SAME_K && frequencyMhz === last.frequencyMhz;
    if (same) return;
    this.#conditions = { coreV, junctionC, frequencyMhz };
    this.#countErrors(tNs);
    this.#errorByCore = errorProbabilities(this.silicon, coreV, frequencyMhz, junctionC);
    let sum = 0;
    for (let core = 0; core < this.#errorByCore.length; core++) sum += this.#errorByCore[core] as number;
    this.#meanError = sum / this.#errorByCore.length;
    this.#silent = tooLowToAnswer(coreV, frequencyMhz, junctionC);
  }

  /** Nonces found up to `toNs`, oldest first. */
  advance(toNs: number): readonly Answer[] {
    if (this.dead) return NOTHING;
    this.#finds.length = 0;
    if (this.#locksAtNs !== null && this.#locksAtNs <= toNs) this.#lock(this.#locksAtNs);
    this.#sweep.advance(toNs, this.#finds);
    if (this.#finds.length === 0) return NOTHING;
    const answers: Answer[] = [];
    for (const find of this.#finds) {
      const failed = this.#random.next() < (this.#errorByCore[find.core] ?? 0);
      // A core that fails misses what it should find, and finds what it should not.
      if (failed !== find.decoy || this.#silent || this.badCores.has(find.core)) continue;
      answers.push({ readyNs: find.tNs, bytes: this.#nonceFrame(find), nonce: true });
    }
    return answers;
  }

  /** Does what a frame says; the answer to a read is ready at once. The caller has advanced the chip to `tNs`. */
  handle(frame: HostFrame, tNs: number): Answer | null {
    if (this.dead || this.#silent) return null;
    switch (frame.kind) {
      case "chain-inactive":
        this.#awaitsAddress = true;
        return null;
      case "set-address":
        this.#address = frame.address;
        this.#awaitsAddress = false;
        return null;
      case "write":
        if (this.#isMeant(frame.address)) this.#write(frame.register, frame.value, tNs);
        return null;
      case "read":
        return this.#isMeant(frame.address) ? { readyNs: tNs, bytes: this.#registerFrame(frame.register, tNs), nonce: false } : null;
      case "job":
        this.#sweep.startJob(tNs, decodeJob(frame.body));
        return null;
    }
  }

  #lock(tNs: number): void {
    this.#locksAtNs = null;
    this.#sweep.advance(tNs, this.#finds);
    this.#countErrors(tNs);
    this.#sweep.setClockHz(tNs, coreClockHz(this.#registers.get(REGISTER.pll0) ?? 0));
  }

  #toldLineRate(): number {
    const rate = lineRate(this.#registers.get(REGISTER.fastUart) ?? 0, this.#registers.get(REGISTER.pll1) ?? 0);
    return rate * (1 + this.#crystalPpm * 1e-6);
  }

  #isMeant(address: number | null): boolean {
    return address === null || address === this.#address;
  }

  #newSweep(): Sweep {
    const sweep = new Sweep(this.#workScale, this.#crystalPpm, () => this.#address);
    sweep.setClockHz(0, coreClockHz(RESET_VALUES.get(REGISTER.pll0) ?? 0));
    sweep.setTicket(0, 0);
    return sweep;
  }

  #write(register: number, value: number, tNs: number): void {
    if (READ_ONLY.has(register)) return;
    this.#registers.set(register, value);
    switch (register) {
      case REGISTER.pll0:
        this.#countErrors(tNs);
        this.#locksAtNs = this.#pllLockNs > 0 ? tNs + this.#pllLockNs : null;
        this.#sweep.setClockHz(tNs, this.#locksAtNs === null ? coreClockHz(value) : 0);
        break;
      case REGISTER.hashCountingNumber:
        this.#sweep.setCountingNumber(tNs, value);
        break;
      case REGISTER.ticketMask:
        this.#sweep.setTicket(tNs, ticketZeroBits(value));
        break;
      case REGISTER.versionRolling:
        this.#sweep.setVersionMask(value & 0xffff);
        break;
      case REGISTER.coreControl:
        this.#coreCommand(value);
        break;
    }
  }

  /** specs/bm1366.md 2.6. All cores are written alike: one set of core registers stands for them. */
  #coreCommand(value: number): void {
    if ((value & 0x8000_0000) === 0) return;
    const register = (value >>> 8) & 0x1f;
    if ((value & 0x8000) !== 0) this.#coreRegisters.set(register, value & 0xff);
    else this.#registers.set(REGISTER.coreValue, this.#coreRegisters.get(register) ?? 0);
  }

  #read(register: number, tNs: number): number {
    const stored = this.#registers.get(register) ?? 0;
    switch (register) {
      case REGISTER.chipId:
        return ((this.chipIdOverride ?? stored >>> 16) << 16) | this.#address;
      case REGISTER.pll0:
        return this.#locksAtNs === null ? stored | 0x8000_0000 : stored & 0x7fff_ffff;
      case REGISTER.errorCount:
        this.#countErrors(tNs);
        return Math.floor(this.#erroneousHashes / COUNTER_UNIT);
      case REGISTER.totalCount:
        return this.#hashes(SMALL_CORES, tNs);
    }
    const domain = register - REGISTER.domainCount0;
    if (domain >= 0 && domain < DOMAINS) return this.#hashes(DOMAIN_SMALL_CORES[domain] ?? 0, tNs);
    return stored;
  }

  #hashes(smallCores: number, tNs: number): number {
    return Math.floor((this.#sweep.sweptPositions(tNs) * smallCores) / COUNTER_UNIT);
  }

  #countErrors(tNs: number): void {
    const positions = this.#sweep.sweptPositions(tNs);
    this.#erroneousHashes += (positions - this.#countedPositions) * SMALL_CORES * this.#meanError;
    this.#countedPositions = positions;
  }

  /** specs/bm1366.md 1.7: two more bytes, zero, while version rolling is on. */
  #registerFrame(register: number, tNs: number): Uint8Array {
    const payload = new Uint8Array(this.versionRolling ? 8 : 6);
    new DataView(payload.buffer).setUint32(0, this.#read(register, tNs) >>> 0);
    payload[4] = this.#address;
    payload[5] = register;
    return frame(payload, 0);
  }

  /** specs/bm1366.md 1.7, 1.9; byte 6 as section 9 fixes it. */
  #nonceFrame(find: Find): Uint8Array {
    const payload = new Uint8Array(this.versionRolling ? 8 : 6);
    const view = new DataView(payload.buffer);
    view.setUint32(0, find.nonceBe);
    payload[4] = Math.min(255, find.zeroBits - this.#sweep.requiredZeroBits);
    payload[5] = (find.jobId & 0xf8) | find.smallCore;
    if (payload.length === 8) view.setUint16(6, find.versionField);
    return frame(payload, 4);
  }
}

function frame(payload: Uint8Array, type: number): Uint8Array {
  const bytes = new Uint8Array(payload.length + 3);
  bytes.set([0xaa, 0x55]);
  bytes.set(payload, 2);
  bytes[bytes.length - 1] = responseTrailer(payload, type);
  return bytes;
}
