import { encodeJob as encodeHeaderJob } from "../../drivers/bm1366/job.ts";
import { encodeJob as encodeMidstateJob, workOf } from "../../drivers/bm1387/job.ts";
import { headerOf, type PumpedJobs, type WorkPumpOptions } from "../../drivers/native/work-pump.ts";

/** The frame that the work pump wrote for one of its jobs. */
export function pumpedFrame(jobs: PumpedJobs, row: number, format: WorkPumpOptions["format"]): Uint8Array {
  const perJob = jobs.versions.length / jobs.count;
  const wireId = jobs.wireId[row] as number;
  const header = headerOf(jobs, row);
  if (format === "full-header") return encodeHeaderJob(wireId, header);
  return encodeMidstateJob(workOf(wireId, header, Array.from(jobs.versions.subarray(row * perJob, (row + 1) * perJob))));
}
