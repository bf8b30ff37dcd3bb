/**
 * The work pump (drivers/native/work_pump.h) in virtual time: the same deadlines, lease and records, the drivers' own frames.
 * It writes nothing ahead: virtual threads are never held up. Like the
 * native thread it goes on while its process cannot run, and ends with it.
 */
import { createHash } from "node:crypto";
import { headerBytes } from "../../common/block-header.ts";
import { midstateOf } from "../../drivers/bm1387/midstate.ts";
import {
  jobFrameBytes,
  midstateJobFrame,
  type PumpCounters,
  type PumpedJobs,
  type WorkPump,
  type WorkPumpOptions,
  type WorkTemplate,
} from "../../drivers/native/index.ts";
import type { VirtualHostClocks, VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

const BITS_PER_BYTE = 10;
const RING_JOBS = 8192;
const GENERATIONS = 3;
/** How often onJobs is called while jobs flow. */
const WAKE_EVERY_NS = 100e6;
const WIRE_IDS = 128;

interface Job {
  readonly seq: number;
  readonly wireId: number;
  readonly sentNs: bigint;
  readonly lineEndNs: bigint;
  readonly extranonce2: bigint;
  readonly generation: number;
  readonly ntime: number;
  readonly nbits: number;
  readonly versions: readonly number[];
  readonly prevHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
}

export interface PumpWire {
  readonly process: VirtualProcess;
  readonly time: VirtualTime;
  readonly clocks: VirtualHostClocks;
  /** Puts a frame on the line. */
  send(frame: Uint8Array): unknown;
}

export interface VirtualPumpOptions extends WorkPumpOptions {
  readonly format: 1 | 2 | 4;
}

export class VirtualWorkPump implements WorkPump {
  readonly realtime = true;
  /** Here a frame is handed over in one piece. */
  readonly midFrame = false;
  readonly #options: VirtualPumpOptions;
  readonly #wire: PumpWire;
  #template: WorkTemplate;
  #generation = 0;
  #index = 0;
  #counter: bigint;
  #nextSeq: number;
  #reportedSeq: number;
  #ring: Job[] = [];
  #periodNs: number;
  #baud: number;
  #leaseUntilNs = 0;
  #active = false;
  #stopped = false;
  #deadlineNs = 0;
  #lineFreeNs = 0;
  #lastJobNs = 0;
  #lastWakeNs = 0;
  #cancel: () => void = () => {};
  #counters = {
    jobs: 0,
    lateDeadlines: 0,
    skippedDeadlines: 0,
    underruns: 0,
    standIns: 0,
    writeWaits: 0,
    leaseExpiries: 0,
    worstGapNs: 0,
    worstShare: 0,
    leastLeadNs: 0,
  };

  constructor(options: VirtualPumpOptions, wire: PumpWire) {
    this.#options = options;
    this.#wire = wire;
    this.#template = options.template;
    this.#periodNs = options.periodNs;
    this.#baud = options.baud;
    this.#counter = options.firstExtranonce2 ?? 0n;
    this.#nextSeq = this.#reportedSeq = options.firstSeq ?? 0;
  }

  get leased(): boolean {
    return this.#wire.time.nowNs < this.#leaseUntilNs;
  }

  renew(ttlMs: number): void {
    if (this.#stopped) return;
    this.#leaseUntilNs = this.#wire.time.nowNs + ttlMs * 1e6;
    if (this.#active) return;
    this.#active = true;
    this.#lastJobNs = 0;
    this.#deadlineNs = this.#wire.time.nowNs;
    this.#schedule();
  }

  updateTemplate(template: WorkTemplate): number {
    this.#template = template;
    this.#index = 0;
    return ++this.#generation;
  }

  setPeriodNs(periodNs: number): void {
    this.#deadlineNs = Math.max(this.#wire.time.nowNs, this.#deadlineNs - this.#periodNs + periodNs);
    this.#periodNs = periodNs;
    if (this.#active) this.#schedule();
  }

  setBaud(baud: number): void {
    this.#baud = baud;
  }

  wroteBeside(bytes: number): void {
    this.#lineFreeNs = Math.max(this.#lineFreeNs, this.#wire.time.nowNs) + (bytes * BITS_PER_BYTE * 1e9) / this.#baud;
  }

  get lineFreeNs(): bigint {
    return this.#wire.clocks.nsOf(this.#lineFreeNs);
  }

  drain(): void {
    const count = this.#nextSeq - this.#reportedSeq;
    if (count === 0) return;
    const jobs = this.#ring.slice(-Math.min(count, RING_JOBS));
    this.#reportedSeq = this.#nextSeq;
    if (jobs.length < count) this.#options.onOverrun?.(count - jobs.length);
    this.#options.onJobs(columns(jobs));
  }

  jobsSince(jobSeq: number): PumpedJobs {
    return columns(this.#ring.filter(({ seq }) => seq >= jobSeq));
  }

  jobsUnder(wireId: number): PumpedJobs {
    return columns(
      this.#ring
        .filter((job) => job.wireId === wireId)
        .slice(-GENERATIONS)
        .reverse(),
    );
  }

  counters(): PumpCounters {
    return { ...this.#counters };
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#active = false;
    this.#cancel();
    if (this.#wire.process.alive) this.drain();
  }

  #schedule(): void {
    this.#cancel();
    this.#cancel = this.#wire.time.aside(Math.min(this.#deadlineNs, this.#leaseUntilNs), () => this.#turn());
  }

  #turn(): void {
    const { nowNs } = this.#wire.time;
    if (nowNs >= this.#leaseUntilNs) {
      this.#active = false;
      this.#counters.leaseExpiries++;
      this.#wake(() => this.#options.onLeaseExpired());
      return;
    }
    if (nowNs >= this.#deadlineNs) {
      this.#send();
      this.#deadlineNs += this.#periodNs;
    }
    this.#schedule();
  }

  #send(): void {
    const { time, clocks } = this.#wire;
    const job = this.#build();
    const frameNs = (jobFrameBytes(this.#options.format) * BITS_PER_BYTE * 1e9) / this.#baud;
    this.#lineFreeNs = Math.max(this.#lineFreeNs, time.nowNs) + frameNs;
    this.#wire.send(frameOf(job));
    this.#ring.push({ ...job, sentNs: clocks.nowNs(), lineEndNs: clocks.nsOf(this.#lineFreeNs) });
    if (this.#ring.length > 2 * RING_JOBS) this.#ring = this.#ring.slice(-RING_JOBS);
    this.#nextSeq++;
    this.#counter++;
    this.#index++;
    this.#counters.jobs++;
    if (this.#lastJobNs !== 0) this.#counters.worstGapNs = Math.max(this.#counters.worstGapNs, time.nowNs - this.#lastJobNs);
    this.#lastJobNs = time.nowNs;
    if (time.nowNs - this.#lastWakeNs < WAKE_EVERY_NS) return;
    this.#lastWakeNs = time.nowNs;
    this.#wake(() => this.drain());
  }

  #wake(report: () => void): void {
    this.#wire.process.soon("io", 0, () => {
      if (!this.#stopped) report();
    });
  }

  /** drivers/native/job_builder.h */
  #build(): Job {
    const { version, versionMask, prevHash, ntime, nbits, coinbasePrefix, extranonce2Bytes, coinbaseSuffix, branches } = this.#template;
    const bits = BigInt(8 * extranonce2Bytes);
    const extranonce2 = BigInt.asUintN(Number(bits), this.#counter);
    const counter = Uint8Array.from({ length: extranonce2Bytes }, (_, at) =>
      Number((extranonce2 >> BigInt(8 * (extranonce2Bytes - 1 - at))) & 0xffn),
    );
    const coinbase = sha256d(Buffer.concat([coinbasePrefix, counter, coinbaseSuffix]));
    return {
      seq: this.#nextSeq,
      wireId: (this.#nextSeq * this.#options.format) % WIRE_IDS,
      sentNs: 0n,
      lineEndNs: 0n,
      extranonce2,
      generation: this.#generation,
      ntime: ntime + Number(BigInt(this.#index) >> bits),
      nbits,
      versions: Array.from({ length: this.#options.format }, (_, variant) => versionVariant(version, versionMask, variant)),
      prevHash,
      merkleRoot: branches.reduce((root, branch) => sha256d(Buffer.concat([root, branch])), coinbase),
    };
  }
}

function frameOf(job: Job): Uint8Array {
  const header = headerBytes({ ...job, version: 0 }, 0);
  const view = new DataView(header.buffer, header.byteOffset);
  const midstates = job.versions.map((version) => {
    view.setUint32(0, version, true);
    return midstateOf(header.subarray(0, 64));
  });
  return midstateJobFrame(job.wireId, job.nbits, job.ntime, job.merkleRoot.subarray(28), Buffer.concat(midstates));
}

/** `version` with its bits under `mask` changed by `variant`, lowest bit to lowest bit. */
function versionVariant(version: number, mask: number, variant: number): number {
  let scattered = 0;
  for (let left = mask, rest = variant; left !== 0 && rest !== 0; left &= left - 1, rest >>= 1) if (rest & 1) scattered |= left & -left;
  return (version ^ scattered) >>> 0;
}

function sha256d(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(createHash("sha256").update(bytes).digest()).digest();
}

function columns(jobs: readonly Job[]): PumpedJobs {
  const bytes = (of: (job: Job) => Uint8Array) => Uint8Array.from(Buffer.concat(jobs.map(of)));
  return {
    count: jobs.length,
    jobSeq: Uint32Array.from(jobs, ({ seq }) => seq),
    wireId: Uint8Array.from(jobs, ({ wireId }) => wireId),
    sentNs: BigInt64Array.from(jobs, ({ sentNs }) => sentNs),
    lineEndNs: BigInt64Array.from(jobs, ({ lineEndNs }) => lineEndNs),
    extranonce2: BigUint64Array.from(jobs, ({ extranonce2 }) => extranonce2),
    generation: Uint32Array.from(jobs, ({ generation }) => generation),
    ntime: Uint32Array.from(jobs, ({ ntime }) => ntime),
    nbits: Uint32Array.from(jobs, ({ nbits }) => nbits),
    versions: Uint32Array.from(jobs.flatMap(({ versions }) => [...versions])),
    prevHash: bytes(({ prevHash }) => prevHash),
    merkleRoot: bytes(({ merkleRoot }) => merkleRoot),
    settled: new Uint8Array(jobs.length).fill(1),
  };
}
