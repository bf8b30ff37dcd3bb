import type { JobRecord } from "../../common/block-header.ts";
import { allocateNonces, type NonceBatch } from "../../common/nonce-batch.ts";
import type { WireHeader } from "../../common/wire-recording.ts";
import { addressInterval } from "../../drivers/bm13xx/addresses.ts";
import { SeenNonces } from "../../drivers/bm13xx/seen-nonces.ts";
import { wireNs } from "../../drivers/bm13xx/wire-time.ts";
import { coreCheckFields } from "../../drivers/bm1387/core-check.ts";
import { correlate } from "../../drivers/bm1387/correlate.ts";
import { jobBytes, type MidstateCount, type Work } from "../../drivers/bm1387/job.ts";
import { JobRegistry } from "../../drivers/bm1387/job-registry.ts";
import { mhzOfPllWord, pll, ticketMask } from "../../drivers/bm1387/registers.ts";
import type { FrameBatch } from "../../drivers/transport/chip-link.ts";
import type { HostFrame } from "./host-frames.ts";
import { verifyFromMidstates } from "./midstate-hash.ts";
import type { ChipReplay } from "./wire-replay.ts";

/** Midstates kept: those of more jobs than any nonce can belong to. */
const KEPT_MIDSTATES = 8192;
const CHECK = coreCheckFields(0);

/**
 * The wire of a BM1387 chain, read as the driver read it. Headers do not cross this wire, only midstates: each gets a number, which stands for the first
 * 64 bytes wherever the driver's code speaks of a version.
 */
export class Replay1387 implements ChipReplay {
  jobs = 0;
  registerAnswers = 0;
  openingNonces = 0;
  readonly responseLength = 7;
  damagedFrames = 0;
  readonly #header: WireHeader;
  readonly #midstates = new Map<number, Uint8Array>();
  #nextMidstate = 0;
  #registry: JobRegistry = new JobRegistry(4);
  #seen = new SeenNonces();
  #pllWords: number[];
  #ticketLog2 = 0;
  /** The works on the line test cores, and their nonces belong to no run. */
  #checking = false;
  /** When the last bit of the last job leaves the line. */
  #lineFreeNs = 0n;

  constructor(header: WireHeader) {
    this.#header = header;
    this.#pllWords = Array<number>(header.chips).fill(pll.reset ?? 0);
  }

  host(frames: readonly HostFrame[], tNs: bigint, baud: number): void {
    for (const frame of frames) {
      if (frame.kind === "midstate-job") this.#work(frame.work, tNs, baud);
      else if (frame.kind === "command" && frame.command.kind === "write") {
        this.#write(frame.command.address, frame.command.register, frame.command.value);
      } else if (frame.kind === "command" && frame.command.kind === "chain-inactive") {
        this.#pllWords = this.#pllWords.map(() => pll.reset ?? 0);
      }
    }
  }

  chip(frames: FrameBatch): NonceBatch {
    const verify = verifyFromMidstates((number) => this.#midstates.get(number) ?? new Uint8Array(32));
    const found = correlate(frames, { verify, jobs: this.#registry, seen: this.#seen, chips: this.#header.chips });
    this.registerAnswers += found.values.length;
    this.openingNonces += found.openingNonces;
    this.damagedFrames += found.damagedFrames + found.impossibleCores;
    if (this.#checking) {
      this.openingNonces += found.nonces.length;
      return allocateNonces(0);
    }
    // A nonce's version bits are numbers of midstates here: they mean nothing outside.
    found.nonces.versionBits.fill(0);
    return found.nonces;
  }

  #write(address: number | null, register: number, word: number): void {
    if (register === ticketMask.address) {
      this.#ticketLog2 = ticketMask.decode(word).log2Difficulty ?? 0;
      this.#registry.lowerTicket(this.#ticketLog2);
    } else if (register === pll.address) {
      const chip = address === null ? null : Math.floor(address / addressInterval(this.#header.chips));
      const words = this.#pllWords.map((before, at) => (chip === null || at === chip ? word : before));
      if (words.some((after, at) => after !== this.#pllWords[at])) this.#registry.disturbSweeps();
      this.#pllWords = words;
    }
  }

  /** Works of empty midstates open cores and end their check: what was sent before is nothing to a run (drivers/bm1387/open-cores.ts). */
  #work(work: Work, tNs: bigint, baud: number): void {
    const count = work.midstates.length as MidstateCount;
    const bytes = jobBytes(count);
    this.#lineFreeNs = (this.#lineFreeNs > tNs ? this.#lineFreeNs : tNs) + BigInt(Math.round(wireNs(bytes, baud)));
    const opens = work.midstates.every((state) => state.every((byte) => byte === 0));
    if (opens || count !== this.#registry.midstates) {
      this.#registry = new JobRegistry(count, opens ? 0 : this.jobs);
      this.#seen = new SeenNonces();
    }
    this.#checking = !opens && work.ntime === CHECK.ntime && work.nbits === CHECK.nbits;
    if (opens) {
      this.jobs = 0;
      return;
    }
    this.#put(work, tNs, this.#lineFreeNs + BigInt(Math.round(wireNs(1, baud))));
  }

  #put(work: Work, sentNs: bigint, startNs: bigint): void {
    const frequenciesMhz = this.#pllWords.map(mhzOfPllWord);
    const numbers = work.midstates.map((state) => this.#number(state));
    const merkleRoot = new Uint8Array(32);
    merkleRoot.set(work.merkleTail, 28);
    const record: JobRecord = {
      version: 0,
      prevHash: new Uint8Array(32),
      merkleRoot,
      ntime: work.ntime,
      nbits: work.nbits,
      jobSeq: this.jobs++,
      wireId: work.wireId,
      ticketLog2: this.#ticketLog2,
      workScale: this.#header.workScale,
      sentNs,
      frequencyMhz: Math.max(...frequenciesMhz),
      hashCountingNumber: null,
    };
    this.#registry.put(record, numbers, false);
    this.#registry.started(record.jobSeq, { sentNs, startNs, frequenciesMhz });
  }

  #number(midstate: Uint8Array): number {
    const number = this.#nextMidstate++;
    this.#midstates.set(number, midstate);
    this.#midstates.delete(number - KEPT_MIDSTATES);
    return number;
  }
}
