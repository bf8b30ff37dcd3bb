/** A few chips of an S9 as a rehearsal sees them: the twin of a hash board whose chips are fewer, so that a day of shares takes minutes. Its supply is at the 9.40 V at which cores are opened until `setVoltage` says otherwise. */
import type { JobRecord } from "../../../common/block-header.ts";
import { concatNonces, type NonceBatch } from "../../../common/nonce-batch.ts";
import { addressInterval } from "../../../drivers/bm13xx/addresses.ts";
import { SeenNonces } from "../../../drivers/bm13xx/seen-nonces.ts";
import { wireNs } from "../../../drivers/bm13xx/wire-time.ts";
import { correlate } from "../../../drivers/bm1387/correlate.ts";
import { encodeJob, jobBytes, workOf } from "../../../drivers/bm1387/job.ts";
import { JobRegistry } from "../../../drivers/bm1387/job-registry.ts";
import { mhzOfPllWord, pllWordFor, ticketMask } from "../../../drivers/bm1387/registers.ts";
import { workPeriodNs } from "../../../drivers/bm1387/sweep-model.ts";
import { versionVariants } from "../../../drivers/bm1387/versions.ts";
import { voltageCode } from "../../../drivers/boards/s9-voltage.ts";
import { verifyHeaders } from "../../../drivers/native/index.ts";
import { byteNs } from "../../../twin/line.ts";
import { S9VirtualHost, write } from "../../../twin/s9-virtual-host.ts";
import type { TimedFrame } from "../../../twin/virtual-host.ts";
import { syntheticHeaders } from "../../jobs.ts";
import { frameBatch } from "../../planted/frame-batch.ts";
import type { Telemetry, TwinBench } from "./bench.ts";

const VERSION_MASK = 0x1fff_e000;
const MIDSTATES = 4;
const BAUD = 1_562_500;
const [PLL, TICKET_MASK] = [0x0c, 0x18];
const VARIANTS = versionVariants(VERSION_MASK, MIDSTATES);

export interface S9BenchOptions {
  readonly seed: number;
  readonly chips: number;
  readonly mhz: number;
  readonly ticketLog2: number;
  readonly workScale: number;
  /** Share of weak chips: those whose critical voltage is in the tail. */
  readonly tailShare?: number;
}

export class S9Bench implements TwinBench {
  readonly chips: number;
  readonly #host: S9VirtualHost;
  readonly #options: S9BenchOptions;
  readonly #headers: ReturnType<typeof syntheticHeaders>;
  readonly #registry = new JobRegistry(MIDSTATES);
  readonly #correlation;
  readonly #clocks: number[];
  #sent: JobRecord[] = [];
  #jobDueNs = 0;

  constructor(options: S9BenchOptions) {
    const { seed, chips, mhz, ticketLog2, workScale, tailShare = 0 } = options;
    this.#options = options;
    this.chips = chips;
    this.#clocks = Array<number>(chips).fill(mhz);
    this.#host = new S9VirtualHost({ chips, workScale, seed, tailShare });
    this.#headers = syntheticHeaders(seed);
    this.#correlation = { verify: verifyHeaders, jobs: this.#registry, seen: new SeenNonces(), chips };
    this.#host.bringUp(500);
    this.#host.enumerate(chips, addressInterval(chips));
    this.#host.send(write(TICKET_MASK, ticketMask.encode({ log2Difficulty: ticketLog2 })));
    this.setClock(mhz);
  }

  get made(): Readonly<Record<string, unknown>> {
    return { board: "S9", ...this.#options };
  }

  get nowNs(): number {
    return this.#host.board.nowNs;
  }

  takeJobs(): JobRecord[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  setClock(mhz: number, chip?: number): number {
    const word = pllWordFor(mhz);
    const applied = mhzOfPllWord(word);
    this.#host.send(write(PLL, word, chip === undefined ? null : chip * addressInterval(this.chips)));
    for (let i = 0; i < this.chips; i++) if (chip === undefined || chip === i) this.#clocks[i] = applied;
    this.#registry.disturbSweeps();
    return applied;
  }

  setVoltage(volts: number): void {
    this.#host.picCommand(0x10, voltageCode(1000 * volts));
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
    const { board } = this.#host;
    return { coreV: board.state.stringV, chipC: board.temperatures(0).junctionC, powerW: board.power.inputW };
  }

  #decoded(frames: readonly TimedFrame[]): NonceBatch {
    const stamped = frames.map(({ startNs, bytes }) => ({ tNs: BigInt(Math.round(startNs + byteNs(BAUD))), bytes }));
    return correlate(frameBatch(stamped), this.#correlation).nonces;
  }

  #sendJob(): void {
    const fields = this.#headers.next().value;
    const { jobSeq, wireId } = this.#registry.next;
    const sentNs = BigInt(Math.round(this.nowNs));
    const version = (fields.version & ~VERSION_MASK) >>> 0;
    const { ticketLog2, workScale } = this.#options;
    const record: JobRecord = {
      ...fields,
      version,
      jobSeq,
      wireId,
      ticketLog2,
      workScale,
      sentNs,
      frequencyMhz: this.#clocks[0] as number,
      hashCountingNumber: null,
    };
    this.#registry.put(record, VARIANTS, false);
    const versions = VARIANTS.map((bits) => (version | bits) >>> 0);
    this.#host.send(encodeJob(workOf(wireId, record, versions)));
    const startNs = sentNs + BigInt(Math.round(wireNs(jobBytes(MIDSTATES) + 1, BAUD)));
    this.#sent.push(this.#registry.started(jobSeq, { sentNs, startNs, frequenciesMhz: this.#clocks }) ?? record);
    this.#jobDueNs = this.nowNs + workPeriodNs({ frequenciesMhz: this.#clocks, midstates: MIDSTATES });
  }
}
