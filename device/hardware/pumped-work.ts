import { DriverError } from "../../common/errors.ts";
import { splitmix64 } from "../../common/random.ts";
import type { Bm1387Chain } from "../../drivers/bm1387/chain.ts";
import { workPeriodNs } from "../../drivers/bm1387/sweep-model.ts";
import type { WorkPump, WorkTemplate } from "../../drivers/native/index.ts";
import type { ChipLink } from "../../drivers/transport/chip-link.ts";
import type { Work, WorkEvents } from "./hardware.ts";

export interface PumpSettings {
  readonly seed: number;
  readonly midstates: 1 | 2 | 4;
  readonly leaseMs: number;
}

/** Hundreds of jobs a second from the native pump (drivers/native/work_pump.h): each has a merkle root of its own. */
export class PumpedWork implements Work {
  readonly #link: ChipLink;
  readonly #chain: Bm1387Chain;
  readonly #settings: PumpSettings;
  readonly #events: WorkEvents;
  #pump: WorkPump | null = null;

  constructor(link: ChipLink, chain: Bm1387Chain, settings: PumpSettings, events: WorkEvents) {
    this.#link = link;
    this.#chain = chain;
    this.#settings = settings;
    this.#events = events;
  }

  start(): void {
    const { seed, midstates, leaseMs } = this.#settings;
    if (!this.#link.startWorkPump)
      throw new DriverError("PUMP_REFUSED", `${this.#link.path} cannot carry a work pump.`, "Use a serial port.");
    const pump = this.#link.startWorkPump({
      format: midstates,
      periodNs: this.#chain.workPeriodNs,
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
    pump.renew(leaseMs);
    this.#chain.feedFrom(pump);
    this.#pump = pump;
  }

  /** Every job is a new one within milliseconds: there is nothing to hurry. */
  async fresh(): Promise<void> {}

  /** The pump writes only while the sentinel says so. */
  renewLease(): void {
    this.#pump?.renew(this.#settings.leaseMs);
  }

  /** Jobs as fast as chips at this clock need them. */
  paceFor(frequencyMhz: number): void {
    this.#pump?.setPeriodNs(
      workPeriodNs({ frequenciesMhz: Array<number>(this.#chain.chips).fill(frequencyMhz), midstates: this.#settings.midstates }),
    );
  }

  stop(): void {
    this.#chain.feedFrom(null);
    this.#pump?.stop();
    this.#pump = null;
  }
}

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
