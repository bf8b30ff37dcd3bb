import type { JobRecord } from "../../common/block-header.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { WireHeader } from "../../common/wire-recording.ts";
import { FULL_JOB_BYTES } from "../../drivers/bm13xx/frames.ts";
import { pllMhz } from "../../drivers/bm13xx/pll.ts";
import { LONG_RESPONSE_BYTES } from "../../drivers/bm13xx/response.ts";
import { SeenNonces } from "../../drivers/bm13xx/seen-nonces.ts";
import { wireNs } from "../../drivers/bm13xx/wire-time.ts";
import { correlate } from "../../drivers/bm1366/correlate.ts";
import { JobRegistry } from "../../drivers/bm1366/job-registry.ts";
import { hashCountingNumber, pll0, ticketMask, versionRolling } from "../../drivers/bm1366/registers.ts";
import { verifyHeaders } from "../../drivers/native/index.ts";
import type { FrameBatch, ResponseLength } from "../../drivers/transport/chip-link.ts";
import type { HeaderJob, HostFrame } from "./host-frames.ts";
import type { ChipReplay } from "./wire-replay.ts";

/** What may be rolled at all (BIP 320); register VERSION_ROLLING holds it shifted down. specs/bm1366.md 2.9 */
const VERSION_BITS = 0x1fff_e000;
const VERSION_SHIFT = 13;
const RESET_PLL = pll0.reset ?? 0;

function mhzOf(pllWord: number): number {
  return pllMhz(pll0.decode(pllWord));
}

/** The wire of a BM1366 chain, read as the driver read it: what was written decides what nonces are judged by. */
export class Replay1366 implements ChipReplay {
  jobs = 0;
  registerAnswers = 0;
  readonly openingNonces = 0;
  damagedFrames = 0;
  /** 11 bytes from the first write to VERSION_ROLLING on: a bring-up begins with one. specs/bm1366.md 1.7 */
  responseLength: ResponseLength = "either";
  readonly #header: WireHeader;
  #registry = new JobRegistry();
  #seen = new SeenNonces();
  #pllWord = RESET_PLL;
  #mhz = mhzOf(RESET_PLL);
  #countingNumber: number | null = null;
  #ticketLog2 = 0;
  #versionMask = VERSION_BITS;

  constructor(header: WireHeader) {
    this.#header = header;
  }

  host(frames: readonly HostFrame[], tNs: bigint, baud: number): void {
    for (const frame of frames) {
      if (frame.kind === "header-job") this.#job(frame.job, tNs, baud);
      else if (frame.kind === "command") {
        if (frame.command.kind === "write") this.#write(frame.command.register, frame.command.value);
        else if (frame.command.kind === "chain-inactive") this.#begin();
      }
    }
  }

  chip(frames: FrameBatch): NonceBatch {
    const correlation = { verify: verifyHeaders, jobs: this.#registry, seen: this.#seen, chips: this.#header.chips };
    const { nonces, registers, damagedFrames } = correlate(frames, correlation);
    this.registerAnswers += registers.length;
    this.damagedFrames += damagedFrames;
    return nonces;
  }

  /** Chips are enumerated: a bring-up. Jobs before it yield nothing any more, and numbers go on. */
  #begin(): void {
    this.#registry = new JobRegistry(this.jobs);
    this.#seen = new SeenNonces();
    this.#pllWord = RESET_PLL;
    this.#mhz = mhzOf(RESET_PLL);
    this.#countingNumber = null;
    this.#ticketLog2 = 0;
  }

  #write(register: number, word: number): void {
    if (register === pll0.address) {
      if (word !== this.#pllWord) this.#registry.disturbSweeps();
      this.#pllWord = word;
      this.#mhz = mhzOf(word);
    } else if (register === hashCountingNumber.address) {
      if (word !== this.#countingNumber) this.#registry.disturbSweeps();
      this.#countingNumber = word;
    } else if (register === ticketMask.address) {
      this.#ticketLog2 = ticketMask.decode(word).log2Difficulty ?? 0;
      this.#registry.lowerTicket(this.#ticketLog2);
    } else if (register === versionRolling.address) {
      this.responseLength = LONG_RESPONSE_BYTES;
      this.#versionMask = ((word & 0xffff) << VERSION_SHIFT) >>> 0;
    }
  }

  #job({ wireId, fields }: HeaderJob, tNs: bigint, baud: number): void {
    const record: JobRecord = {
      ...fields,
      version: (fields.version & ~this.#versionMask) >>> 0,
      jobSeq: this.jobs++,
      wireId,
      ticketLog2: this.#ticketLog2,
      workScale: this.#header.workScale,
      sentNs: tNs,
      frequencyMhz: this.#mhz,
      hashCountingNumber: this.#countingNumber,
    };
    this.#registry.put(record, false, this.#versionMask);
    // As the chain reckons it: the job's own bytes, and the one byte of an answer after whose end it is stamped.
    this.#registry.started(record, tNs, tNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, baud))));
  }
}
