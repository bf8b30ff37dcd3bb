/** An LV06 as a rehearsal sees it: the twin of a board with one BM1366, on this software's own wires. */
import type { JobRecord } from "../../../common/block-header.ts";
import { concatNonces, type NonceBatch } from "../../../common/nonce-batch.ts";
import { FULL_JOB_BYTES } from "../../../drivers/bm13xx/frames.ts";
import { pllMhz } from "../../../drivers/bm13xx/pll.ts";
import { SeenNonces } from "../../../drivers/bm13xx/seen-nonces.ts";
import { wireNs } from "../../../drivers/bm13xx/wire-time.ts";
import { correlate } from "../../../drivers/bm1366/correlate.ts";
import { encodeJob } from "../../../drivers/bm1366/job.ts";
import { JobRegistry } from "../../../drivers/bm1366/job-registry.ts";
import { pll0, pllWordFor, ticketMask } from "../../../drivers/bm1366/registers.ts";
import { verifyHeaders } from "../../../drivers/native/index.ts";
import { byteNs } from "../../../twin/line.ts";
import { DRIVE_RANGE } from "../../../twin/planted/memory.ts";
import { type PlantSpec, plantedEffect } from "../../../twin/planted/spec.ts";
import { FAST_BAUD, type TimedFrame, VirtualHost, write } from "../../../twin/virtual-host.ts";
import { syntheticHeaders } from "../../jobs.ts";
import { frameBatch } from "../../planted/frame-batch.ts";
import type { Telemetry, TwinBench } from "./bench.ts";

const VERSION_MASK = 0x1fff_e000;
const [PLL0, HASH_COUNTING_NUMBER, TICKET_MASK] = [0x08, 0x10, 0x14];
/** A chip at 500 MHz tries the versions of a job for ten minutes; this is long before. */
const JOB_MS = 10_000;

export interface BitaxeBenchOptions {
  readonly seed: number;
  readonly mhz: number;
  readonly volts: number;
  readonly ticketLog2: number;
  readonly workScale: number;
  readonly ambientC?: number;
  /** The regulator of a 205 ends at 0.99 V, that of a 207 (default 205) well below. specs/bm1366.md 5.3 */
  readonly variant?: "205" | "207";
  /** Something to be found: a control. */
  readonly planted?: PlantSpec;
}

export class BitaxeBench implements TwinBench {
  readonly chips = 1;
  readonly #host: VirtualHost;
  readonly #options: BitaxeBenchOptions;
  #headers: ReturnType<typeof syntheticHeaders>;
  readonly #registry = new JobRegistry();
  readonly #correlation;
  #sent: JobRecord[] = [];
  #mhz: number;
  #jobDueNs = 0;

  constructor(options: BitaxeBenchOptions) {
    const { seed, mhz, volts, ticketLog2, workScale, ambientC = 25, planted, variant = "205" } = options;
    this.#options = options;
    this.#host = new VirtualHost({
      chips: 1,
      workScale,
      seed,
      ambientC,
      variant,
      ...(planted ? { planted: plantedEffect(planted, { chips: 1, drive: DRIVE_RANGE.bitaxe }) } : {}),
    });
    this.#headers = syntheticHeaders(seed);
    this.#correlation = { verify: verifyHeaders, jobs: this.#registry, seen: new SeenNonces(), chips: 1 };
    this.#host.bringUp(485, volts);
    this.#host.send(write(TICKET_MASK, ticketMask.encode({ log2Difficulty: ticketLog2 })));
    this.#mhz = this.setClock(mhz);
  }

  get made(): Readonly<Record<string, unknown>> {
    return { board: "LV06", ...this.#options };
  }

  get nowNs(): number {
    return this.#host.bitaxe.nowNs;
  }

  takeJobs(): JobRecord[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  setClock(mhz: number): number {
    const word = pllWordFor(mhz);
    this.#mhz = pllMhz(pll0.decode(word));
    this.#host.send(write(PLL0, word), write(HASH_COUNTING_NUMBER, this.#host.countingNumber(this.#mhz)));
    this.#registry.disturbSweeps();
    return this.#mhz;
  }

  setVoltage(volts: number): void {
    this.#host.setCoreVoltage(volts);
  }

  /** Another sequence of work from the next moment on. */
  workFrom(seed: number): void {
    this.#headers = syntheticHeaders(seed);
    this.#jobDueNs = this.nowNs;
  }

  run(ms: number): NonceBatch {
    const batches: NonceBatch[] = [];
    const endNs = this.nowNs + ms * 1e6;
    while (this.nowNs < endNs) {
      if (this.nowNs >= this.#jobDueNs) this.#sendJob();
      batches.push(this.#decoded(this.#host.run((Math.min(endNs, this.#jobDueNs) - this.nowNs) / 1e6)));
    }
    return concatNonces(batches);
  }

  telemetry(): Telemetry {
    const { physics, power } = this.#host.bitaxe;
    return { coreV: physics.coreV, chipC: physics.junctionC, powerW: power.inputW };
  }

  #decoded(frames: readonly TimedFrame[]): NonceBatch {
    const stamped = frames.map(({ startNs, bytes }) => ({ tNs: BigInt(Math.round(startNs + byteNs(FAST_BAUD))), bytes }));
    return correlate(frameBatch(stamped), this.#correlation).nonces;
  }

  #sendJob(): void {
    const fields = this.#headers.next().value;
    const { jobSeq, wireId } = this.#registry.next;
    const sentNs = BigInt(Math.round(this.nowNs));
    const record: JobRecord = {
      ...fields,
      version: (fields.version & ~VERSION_MASK) >>> 0,
      jobSeq,
      wireId,
      ticketLog2: this.#options.ticketLog2,
      workScale: this.#options.workScale,
      sentNs,
      frequencyMhz: this.#mhz,
      hashCountingNumber: this.#host.countingNumber(this.#mhz),
    };
    this.#registry.put(record, false, VERSION_MASK);
    this.#host.send(encodeJob(wireId, record));
    this.#sent.push(this.#registry.started(record, sentNs, sentNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, FAST_BAUD)))));
    this.#jobDueNs = this.nowNs + JOB_MS * 1e6;
  }
}
