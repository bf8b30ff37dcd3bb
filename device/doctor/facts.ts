/** What is looked up of this host. null everywhere: it could not be found out. */
import type { Origin } from "../../common/origin.ts";

export interface UserFacts {
  readonly name: string;
  readonly root: boolean;
  readonly groups: readonly string[];
  /** CAP_SYS_NICE: real-time priority whatever the limit says. */
  readonly mayNice: boolean;
  /** Of the kernel's workers that may carry bytes from a port: how many there are, and how many run at real-time priority; none where they cannot be seen. */
  readonly lineWorkers: { readonly seen: number; readonly realtime: number };
  /** Whether idle processors may be kept awake (docs/time-stamps.md); null where the kernel offers no such request. */
  readonly mayKeepAwake: boolean | null;
  readonly limits: LimitFacts;
}

/** Soft limits of this process; Infinity for none. */
export interface LimitFacts {
  readonly realTimePriority: number | null;
  readonly lockedBytes: number | null;
  readonly openFiles: number | null;
}

export interface PortFacts {
  /** The configuration's key, or "found" for one that nobody named. */
  readonly key: string;
  readonly path: string;
  readonly exists: boolean;
  readonly device: boolean;
  readonly pseudoTerminal: boolean;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Group that the device belongs to. */
  readonly group: string | null;
  /** A name that stays when devices come in another order; null where there is none, or it is the one in use. */
  readonly stablePath: string | null;
  /** Who has it open; null when others' processes cannot be seen. */
  readonly holders: readonly { readonly pid: number; readonly name: string }[] | null;
  /** An FTDI adapter's. */
  readonly latencyTimer: { readonly ms: number; readonly file: string; readonly writable: boolean } | null;
}

export interface LatencyFacts {
  /** How much later than asked a timer comes, ms: half of them, and the worst. */
  readonly timer: { readonly medianMs: number; readonly worstMs: number } | null;
  /** From a write into a pseudo-terminal to the program at its other end, ms. */
  readonly loopback: { readonly medianMs: number; readonly worstMs: number } | null;
}

export interface ClockFacts {
  readonly synchronised: boolean | null;
  /** What the kernel reads time from. */
  readonly source: string | null;
  /** CLOCK_MONOTONIC_RAW: whether it goes on, and its bound against the wall clock. */
  readonly monotonic: { readonly advances: boolean; readonly anchorErrorNs: number } | null;
}

export interface DiskFacts {
  readonly folder: string;
  readonly writable: boolean;
  readonly freeBytes: number | null;
  readonly fileSystem: string | null;
  readonly fsyncMedianMs: number | null;
}

export interface SoftwareFacts {
  readonly node: string;
  readonly architecture: string;
  /** Each addon, with what kept it from loading. */
  readonly addons: readonly { readonly name: string; readonly error: string | null }[];
  /** The kernels that this processor's instructions allow, in words. */
  readonly kernels: readonly string[];
  /** Programs that are not on the path, with the Debian package of each. */
  readonly missing: readonly { readonly program: string; readonly debianPackage: string; readonly needed: "build" | "tests" }[];
  /** Whether ModemManager runs: it writes to every new serial port. */
  readonly modemManager: boolean | null;
}

/** What the checks are about. */
export interface Subject {
  /** null without a configuration. */
  readonly origin: Origin | null;
  readonly ports: readonly { readonly key: string; readonly path: string }[];
  readonly storeFolder: string;
  readonly commitIntervalMs: number;
  readonly sizeBudgetMb: number | null;
}

export interface Probe {
  user(): Promise<UserFacts>;
  ports(subject: Subject): Promise<readonly PortFacts[]>;
  latency(): Promise<LatencyFacts>;
  clock(): Promise<ClockFacts>;
  disk(folder: string): Promise<DiskFacts>;
  software(): Promise<SoftwareFacts>;
}
