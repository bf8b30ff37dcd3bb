import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import type { PumpedJobs } from "../native/work-pump.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { Intake } from "./intake.ts";
import { encodeJob, jobBytes, type MidstateCount, workOf } from "./job.ts";
import { adoptPumpedJobs } from "./pumped-jobs.ts";
import { versionVariants } from "./versions.ts";

const JOB_DEADLINE_MS = 500;

export interface SendOptions {
  /** Late nonces of all jobs before count as stale. */
  readonly fresh?: boolean;
  /** Version bits of each midstate, in place; the lowest bits of the mask unless told. */
  readonly versionBits?: readonly number[];
}

/** A job that has its number and id and only waits to be written. */
export interface ReservedJob {
  readonly record: JobRecord;
  readonly frame: Uint8Array;
}

export interface FeedOptions {
  readonly link: ChipLink;
  readonly clock: Clock;
  readonly intake: Intake;
  readonly midstates: MidstateCount;
  /** The version bits that may change. */
  readonly versionMask: number;
  readonly workScale: number;
  /** What is in force now. */
  readonly setPoint: () => { readonly frequenciesMhz: readonly number[]; readonly ticketLog2: number };
}

/** Jobs on their way to a chain: written from here, or by someone else who takes them (or builds them) and says when. */
export class JobFeed {
  readonly #options: FeedOptions;
  readonly #versionBits: readonly number[];
  #sending: Promise<unknown> = Promise.resolve();

  /** Throws DriverError VALUE_REFUSED when the mask has no room for the midstates. */
  constructor(options: FeedOptions) {
    this.#options = options;
    this.#versionBits = versionVariants(options.versionMask, options.midstates);
  }

  get nextJobSeq(): number {
    return this.#options.intake.jobs.next.jobSeq;
  }

  /** See Bm1387Chain.sendJob. */
  send(fields: HeaderFields, options: SendOptions = {}): Promise<JobRecord> {
    const turn = this.#sending.then(() => this.#send(fields, options));
    this.#sending = turn.catch(() => undefined);
    return turn;
  }

  /** See Bm1387Chain.reserveJob. */
  reserve(fields: HeaderFields, options: SendOptions = {}): ReservedJob {
    const { fresh = false, versionBits = this.#versionBits } = options;
    const { midstates, versionMask, workScale, intake, clock } = this.#options;
    const { frequenciesMhz, ticketLog2 } = this.#options.setPoint();
    if (versionBits.length !== midstates || versionBits.some((bits) => (bits & ~versionMask) !== 0)) {
      throw new DriverError(
        "VALUE_REFUSED",
        `A job needs the version bits of ${midstates} midstates, inside the mask.`,
        "Correct the caller.",
        { versionBits, versionMask },
      );
    }
    const { jobSeq, wireId } = intake.jobs.next;
    const version = (fields.version & ~versionMask) >>> 0;
    const frame = encodeJob(
      workOf(
        wireId,
        fields,
        versionBits.map((bits) => (version | bits) >>> 0),
      ),
    );
    const record: JobRecord = {
      ...fields,
      version,
      jobSeq,
      wireId,
      ticketLog2,
      workScale,
      sentNs: clock.nowNs(),
      frequencyMhz: Math.max(...frequenciesMhz),
      hashCountingNumber: null,
    };
    intake.jobs.put(record, versionBits, fresh);
    return { record, frame };
  }

  /** See Bm1387Chain.jobSent. */
  sent(jobSeq: number, sentNs: bigint): JobRecord | null {
    const { intake, link, midstates, setPoint } = this.#options;
    // The job's own bytes, and the one byte of an answer after whose end it is stamped.
    const startNs = sentNs + BigInt(Math.round(wireNs(jobBytes(midstates) + 1, link.baud)));
    return intake.jobs.started(jobSeq, { sentNs, startNs, frequenciesMhz: setPoint().frequenciesMhz });
  }

  withdraw(jobSeq: number): void {
    this.#options.intake.jobs.withdraw(jobSeq);
  }

  /** See Bm1387Chain.adoptJobs. */
  adopt(jobs: PumpedJobs): JobRecord[] {
    const { intake, link, workScale, setPoint } = this.#options;
    return adoptPumpedJobs(jobs, intake.jobs, { ...setPoint(), workScale, baud: link.baud });
  }

  async #send(fields: HeaderFields, options: SendOptions): Promise<JobRecord> {
    const { intake, link } = this.#options;
    intake.hold();
    try {
      const { record, frame } = this.reserve(fields, options);
      try {
        const sentNs = await link.write(frame, JOB_DEADLINE_MS);
        return this.sent(record.jobSeq, sentNs) ?? record;
      } catch (reason) {
        this.withdraw(record.jobSeq);
        throw reason;
      }
    } finally {
      intake.release();
    }
  }
}
