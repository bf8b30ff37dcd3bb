import type { JobRecord } from "../../common/block-header.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import { headerOf, jobFrameBytes, type PumpedJobs } from "../native/work-pump.ts";
import type { MidstateCount } from "./job.ts";
import type { JobRegistry } from "./job-registry.ts";
import { VERSION_MASK } from "./versions.ts";

/** What is in force while the pump sends. */
export interface PumpConditions {
  readonly frequenciesMhz: readonly number[];
  readonly ticketLog2: number;
  readonly workScale: number;
  readonly baud: number;
}

/**
 * Enters jobs that the work pump built and sent in the registry, under the numbers and ids the pump gave them; resolves nothing, may be called again
 * with jobs that were not settled the time before. Returns the records of those that are settled now and were not before.
 */
export function adoptPumpedJobs(jobs: PumpedJobs, registry: JobRegistry, conditions: PumpConditions): JobRecord[] {
  const { frequenciesMhz, ticketLog2, workScale, baud } = conditions;
  const midstates = (jobs.count === 0 ? 1 : jobs.versions.length / jobs.count) as MidstateCount;
  const frameNs = BigInt(Math.round(wireNs(jobFrameBytes(midstates), baud)));
  const records: JobRecord[] = [];
  for (let row = 0; row < jobs.count; row++) {
    const jobSeq = jobs.jobSeq[row] ?? 0;
    // A job that was written ahead has not been sent before its turn on the line comes.
    const turnNs = (jobs.lineEndNs[row] ?? 0n) - frameNs;
    const takenNs = jobs.sentNs[row] ?? 0n;
    const sentNs = turnNs > takenNs ? turnNs : takenNs;
    if (!registry.has(jobSeq)) {
      const fields = headerOf(jobs, row);
      const version = (fields.version & ~VERSION_MASK) >>> 0;
      const wireId = jobs.wireId[row] ?? 0;
      const frequencyMhz = Math.max(...frequenciesMhz);
      const versions = jobs.versions.subarray(row * midstates, (row + 1) * midstates);
      registry.put(
        { ...fields, version, jobSeq, wireId, ticketLog2, workScale, sentNs, frequencyMhz, hashCountingNumber: null },
        Array.from(versions, (bits) => (bits & VERSION_MASK) >>> 0),
        false,
      );
    }
    if (jobs.settled[row] !== 1) continue;
    // An answer is stamped after its first byte.
    const startNs = (jobs.lineEndNs[row] ?? 0n) + BigInt(Math.round(wireNs(1, baud)));
    const record = registry.started(jobSeq, { sentNs, startNs, frequenciesMhz });
    if (record) records.push(record);
  }
  return records;
}
