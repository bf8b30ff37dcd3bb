import type { Clock } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import { splitmix64 } from "../../common/random.ts";
import type { Bm1387Chain } from "../../drivers/bm1387/chain.ts";
import type { WordDialogue } from "../../drivers/bm1387/dialogue.ts";
import { workPeriodNs } from "../../drivers/bm1387/sweep-model.ts";
import { WRITE_AHEAD_MS } from "../../drivers/bm1387/write-ahead.ts";
import { jobFrameBytes, monotonicRawNs, type PumpCounters, type WorkPump, type WorkTemplate } from "../../drivers/native/index.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import type { Work, WorkDialogue, WorkDialogueOptions, WorkEvents } from "./hardware.ts";
import { passOf, type WorkPass } from "./work-pass.ts";

const BITS_PER_BYTE = 10;
/** Share of the time a job lasts the chips after which new work is due. specs/bm1387.md 3.6 */
const PERIOD_SHARE = 0.9;

export interface PumpSettings {
  readonly seed: number;
  readonly midstates: 1 | 2 | 4;
}

/** Hundreds of jobs a second from the native pump (drivers/native/work_pump.h): each has a merkle root of its own. */
export class PumpedWork implements Work {
  readonly #link: ChipLink;
  readonly #chain: Bm1387Chain;
  readonly #settings: PumpSettings;
  readonly #events: WorkEvents;
  #pump: WorkPump | null = null;
  /** Without a lease until what it wrote ahead has left. */
  #resting: WorkPump | null = null;
  /** Until when works of the last pump leave that it had written ahead. */
  #lineFreeNs = 0n;
  #dialogue: WordDialogue | null = null;
  /** Of pumps that were begun anew. */
  #former: PumpCounters[] = [];

  constructor(link: ChipLink, chain: Bm1387Chain, settings: PumpSettings, events: WorkEvents) {
    this.#link = link;
    this.#chain = chain;
    this.#settings = settings;
    this.#events = events;
  }

  start(): void {
    const { seed, midstates } = this.#settings;
    if (!this.#link.startWorkPump)
      throw new DriverError("PUMP_REFUSED", `${this.#link.path} cannot carry a work pump.`, "Use a serial port.");
    const pump = this.#link.startWorkPump({
      format: midstates,
      ...pace(this.#chain.workPeriodNs),
      leadNs: WRITE_AHEAD_MS * 1e6,
      template: syntheticTemplate(seed),
      firstSeq: this.#chain.nextJobSeq,
      onJobs: (jobs) => {
        const sent = this.#chain.adoptJobs(jobs);
        if (sent.length > 0) this.#events.jobs(sent);
      },
      onOverrun: (jobs) =>
        this.#events.failed(
          new DriverError("JOBS_LOST", `${jobs} jobs were sent and not recorded.`, "This host is too busy for this board."),
        ),
      onLeaseExpired: () => {},
      onEnd: ({ code, message }) =>
        this.#events.failed(
          new DriverError("PUMP_ENDED", `The work pump stopped (${code}): ${message}.`, "Check the cable, then start again."),
        ),
    });
    this.#chain.feedFrom(pump);
    this.#pump = pump;
  }

  /** Every job is a new one within milliseconds: there is nothing to hurry. */
  async fresh(): Promise<void> {}

  renewLease(ttlMs: number): void {
    this.#pump?.renew(ttlMs);
    // What the pump wrote ahead is still leaving: the first word would wait behind it.
    if (monotonicRawNs() >= this.#lineFreeNs) this.#dialogue?.renew(ttlMs);
  }

  /** The pump stands still meanwhile. DriverError DIALOGUE_REFUSED, and it goes on. */
  startDialogue(options: WorkDialogueOptions): WorkDialogue {
    if (this.#dialogue)
      throw new DriverError(
        "DIALOGUE_REFUSED",
        "This chain is in a dialogue already.",
        "One dialogue at a time: stop the other one first.",
      );
    this.#running();
    this.#endPump();
    let dialogue: WordDialogue;
    try {
      dialogue = this.#chain.startDialogue({
        ...options,
        onSent: (record) => this.#events.jobs([record]),
        onEnd: (reason) => this.#events.failed(reason),
      });
    } catch (refusal) {
      this.start();
      throw refusal;
    }
    this.#dialogue = dialogue;
    return {
      offer: (fields) => dialogue.offer(fields),
      get waiting() {
        return dialogue.waiting;
      },
      counters: () => dialogue.counters(),
      stop: () => {
        if (this.#dialogue !== dialogue) return;
        this.#endDialogue();
        this.start();
      },
    };
  }

  /**
   * The pump anew, with the same template: extranonce2 counts from its beginning, so that the works are those of the first start. What was written ahead leaves
   * before; until the lease is renewed the chips go on with its last work. DriverError NOT_RUNNING when the flow ends meanwhile.
   */
  async again(clock: Clock, signal?: AbortSignal): Promise<WorkPass> {
    const before = this.#running();
    before.renew(0);
    this.#pump = null;
    this.#resting = before;
    try {
      await clock.sleep(Math.max(0, Number(before.lineFreeNs - clock.nowNs()) / 1e6), signal);
    } finally {
      // Stopped meanwhile: then there is nothing to go on with.
      if (this.#resting === before) this.#pump = before;
      this.#resting = null;
    }
    this.#running();
    this.#chain.feedFrom(null);
    before.stop();
    this.#former.push(before.counters());
    const firstSeq = this.#chain.nextJobSeq;
    this.start();
    const gapNs = Math.floor((jobFrameBytes(this.#settings.midstates) * BITS_PER_BYTE * 1e9) / this.#link.baud);
    return passOf(this.#running(), this.#chain, firstSeq, gapNs);
  }

  #running(): WorkPump {
    if (this.#pump) return this.#pump;
    throw new DriverError("NOT_RUNNING", "No work is being pumped.", "Bring the board up first.");
  }

  /** What gaps are judged by; the line sets the pace. */
  paceFor(frequencyMhz: number): void {
    const frequenciesMhz = Array<number>(this.#chain.chips).fill(frequencyMhz);
    const { periodNs, workNs } = pace(workPeriodNs({ frequenciesMhz, midstates: this.#settings.midstates }));
    this.#pump?.setPeriodNs(periodNs, workNs);
  }

  stop(): void {
    this.#endDialogue();
    this.#endPump();
  }

  #endDialogue(): void {
    this.#dialogue?.stop();
    this.#dialogue = null;
  }

  #endPump(): void {
    const pump = this.#pump ?? this.#resting;
    if (!pump) return;
    this.#pump = null;
    this.#resting = null;
    this.#chain.feedFrom(null);
    pump.stop();
    this.#lineFreeNs = pump.lineFreeNs;
    const { jobs, worstShare, underruns, standIns, leastLeadNs, writeWaits } = inAll([...this.#former, pump.counters()]);
    this.#former = [];
    const priority = pump.realtime ? "real-time priority" : "no real-time priority (allow SCHED_FIFO to this process)";
    this.#events.note(
      `work pump: ${jobs} jobs; the longest gap took ${(100 * worstShare).toFixed(0)} % of the time that a job lasts the chips; ` +
        `${underruns} gaps longer than that; least written ahead ${(leastLeadNs / 1e6).toFixed(1)} ms; port full ${writeWaits} times; second thread stood in ${standIns} times; ${priority}`,
    );
  }
}

/** Of several pumps, one after the other. */
function inAll(counters: readonly PumpCounters[]) {
  const sum = (of: (each: PumpCounters) => number) => counters.reduce((total, each) => total + of(each), 0);
  return {
    jobs: sum(({ jobs }) => jobs),
    underruns: sum(({ underruns }) => underruns),
    standIns: sum(({ standIns }) => standIns),
    writeWaits: sum(({ writeWaits }) => writeWaits),
    worstShare: Math.max(...counters.map(({ worstShare }) => worstShare)),
    leastLeadNs: Math.min(...counters.map(({ leastLeadNs }) => leastLeadNs)),
  };
}

const pace = (periodNs: number) => ({ periodNs, workNs: Math.floor(periodNs / PERIOD_SHARE) });

/** A made-up pool's work: one seed, one coinbase. Nothing found with it is worth anything (device/jobs.ts). */
function syntheticTemplate(seed: number): WorkTemplate {
  const random = splitmix64(seed);
  const bytes = (n: number) => Uint8Array.from({ length: n }, () => Math.floor(random.next() * 256));
  const prevHash = bytes(32);
  prevHash.fill(0, 24);
  return {
    version: 0x2000_0000,
    versionMask: 0x1fff_e000,
    prevHash,
    ntime: 1_700_000_000,
    nbits: 0x1703_4219,
    coinbasePrefix: bytes(48),
    extranonce2Bytes: 4,
    coinbaseSuffix: bytes(48),
    branches: [],
  };
}
