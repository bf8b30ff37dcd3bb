/** Jobs of a chain, written one after the other, each with the record of the moment it left in. */
import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import type { Clock } from "../../common/clock.ts";
import { FULL_JOB_BYTES } from "../bm13xx/frames.ts";
import type { ChipLink } from "../transport/chip-link.ts";
import type { Intake } from "./intake.ts";
import { encodeJob } from "./job.ts";
import { wireNs } from "./sweep-model.ts";

const JOB_DEADLINE_MS = 500;

/** What a job's record says of the moment. */
export type Described = HeaderFields & Pick<JobRecord, "ticketLog2" | "workScale" | "frequencyMhz" | "hashCountingNumber">;

export interface JobSenderParts {
  readonly link: ChipLink;
  readonly clock: Clock;
  readonly intake: Intake;
  /** Version bits that the chips roll. */
  versionMask(): number;
  describe(fields: HeaderFields): Described;
  /** Throws when nobody may send a job at present. */
  requireFree(): void;
}

export class JobSender {
  readonly #parts: JobSenderParts;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(parts: JobSenderParts) {
    this.#parts = parts;
  }

  /** As Bm1366Chain.sendJob. */
  send(fields: HeaderFields, fresh: boolean): Promise<JobRecord> {
    const turn = this.#sending.then(() => this.#send(fields, fresh));
    this.#sending = turn.catch(() => undefined);
    return turn;
  }

  async #send(fields: HeaderFields, fresh: boolean): Promise<JobRecord> {
    const { link, clock, intake, versionMask, describe, requireFree } = this.#parts;
    requireFree();
    const { jobSeq, wireId } = intake.jobs.next;
    const sent = { ...fields, version: (fields.version & ~versionMask()) >>> 0 };
    const frame = encodeJob(wireId, sent);
    const record: JobRecord = { ...describe(sent), jobSeq, wireId, sentNs: clock.nowNs() };
    intake.hold();
    intake.jobs.put(record, fresh, versionMask());
    try {
      const sentNs = await link.write(frame, JOB_DEADLINE_MS);
      // The job's own bytes, and the one byte of an answer after whose end it is stamped.
      const startNs = sentNs + BigInt(Math.round(wireNs(FULL_JOB_BYTES + 1, link.baud)));
      return intake.jobs.started(record, sentNs, startNs);
    } catch (reason) {
      intake.jobs.withdraw(jobSeq);
      throw reason;
    } finally {
      intake.release();
    }
  }
}
