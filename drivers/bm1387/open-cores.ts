import { elapsedMs } from "../../common/clock.ts";
import type { DriverError } from "../../common/errors.ts";
import { wireNs } from "../bm13xx/wire-time.ts";
import { GATE_WAIT_MS, type Step, writeStep } from "./bring-up.ts";
import { CoreCensus, coreCheckFields, coreCheckMs } from "./core-check.ts";
import type { Intake } from "./intake.ts";
import { encodeJob, type MidstateCount, openCoreWork } from "./job.ts";
import type { JobFeed } from "./job-feed.ts";
import { miscControl } from "./registers.ts";
import { runStep, type Wire } from "./run-step.ts";

/** After a check's last work: answers still queued in the chips. */
const LATE_ANSWERS_MS = 50;

/** What opening needs besides the wire. */
export interface OpenCores {
  readonly intake: Intake;
  readonly feed: JobFeed;
  readonly midstates: MidstateCount;
  readonly clocksMhz: readonly number[];
  /** Id of works whose answers are of no use. */
  readonly wireId: number;
}

/**
 * Closes all cores, then opens one in every chip with each work; what these works yield belongs to no job. With a check, works of no other use run
 * until every open core had its chance. Rejects with CORES_CLOSED after the last try. specs/bm1387.md 3.3, 3.5
 */
export async function openCores(step: Step & { do: "open-cores" }, wire: Wire, chain: OpenCores): Promise<void> {
  const { link, clock, signal } = wire;
  const frame = encodeJob(openCoreWork(chain.wireId, chain.midstates));
  const lineMs = wireNs(frame.length, link.baud) / 1e6;
  let fault: DriverError | null = null;
  for (let tried = 0; tried < step.tries; tried++) {
    chain.intake.beginRun(0);
    await runStep(writeStep(miscControl, step.gateWord, { name: "close the cores", waitMs: GATE_WAIT_MS }), wire);
    for (let work = 0; work < step.works; work++) {
      await link.write(frame);
      await clock.sleep(Math.max(step.gapMs, lineMs), signal);
    }
    fault = step.check ? await checkCores(Math.max(step.gapMs / 2, lineMs), wire, chain) : null;
    if (fault === null) return;
  }
  if (fault) throw fault;
}

/** A check may take so many times longer where few nonces speak for their chip. */
const LONGEST = 6;

/** Until as many nonces as a quiet host would have seen have spoken for their chips; or for six times as long. */
function goesOn(forMs: number, lastsMs: number, census: CoreCensus): boolean {
  if (forMs < lastsMs) return true;
  return forMs < LONGEST * lastsMs && forMs * census.share < 0.8 * lastsMs;
}

/** Works come twice as often as they must: a chip that ran on into its neighbour's slice would speak for a neighbour that is dead. */
async function checkCores(gapMs: number, { link, clock, signal }: Wire, chain: OpenCores): Promise<DriverError | null> {
  const { intake, feed, clocksMhz } = chain;
  const census = new CoreCensus({ frequenciesMhz: clocksMhz, midstates: chain.midstates });
  intake.nonceListeners.add(census.add);
  try {
    const lastsMs = coreCheckMs(clocksMhz);
    const startNs = clock.nowNs();
    for (let work = 0; goesOn(elapsedMs(clock, startNs), lastsMs, census); work++) {
      census.sent(await feed.send(coreCheckFields(work)));
      await clock.sleep(gapMs, signal);
    }
    const seconds = elapsedMs(clock, startNs) / 1000;
    // What the chips are left with, so that no late answer can be taken for one to a run's first jobs.
    await link.write(encodeJob({ ...openCoreWork(chain.wireId, chain.midstates), nbits: 0 }));
    await clock.sleep(LATE_ANSWERS_MS, signal);
    return census.fault(clocksMhz, seconds);
  } finally {
    intake.nonceListeners.delete(census.add);
  }
}
