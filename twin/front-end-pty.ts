import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { TwinError } from "../common/errors.ts";
import { Cable } from "./faults/cable.ts";
import { type NativePty, native } from "./native-addon.ts";
import type { PacedTwin, PortOutput } from "./paced-twin.ts";

const TICK_MS = 1;
/** While no chip runs, nothing happens by itself but cooling. */
const IDLE_TICK_MS = 5;
/** A process that was stopped for longer than this does not live through the time it missed; the twin's clock stood still too. */
const MAX_CATCH_UP_NS = 2e9;

export interface PortArrival {
  readonly port: "control" | "data";
  /** CLOCK_MONOTONIC_RAW when the client wrote the bytes, or when they were read where that is not known. */
  readonly tNs: bigint;
  readonly baud: number;
  readonly bytes: Uint8Array;
}

/**
 * What arrived by `untilNs`, oldest first, and the rest. The ports are taken one after the other, so the second may hand over
 * bytes that came after the first was asked; they wait, because older ones may still be on the first.
 */
export function splitArrivals(arrivals: readonly PortArrival[], untilNs: bigint): { due: PortArrival[]; later: PortArrival[] } {
  const due = arrivals.filter(({ tNs }) => tNs <= untilNs).sort((a, b) => Number(a.tNs - b.tNs));
  return { due, later: arrivals.filter(({ tNs }) => tNs > untilNs) };
}

export interface FrontEndOptions {
  /** false for a host that writes all the time, which a tick then takes in one go. Default true. */
  readonly wakeOnData?: boolean;
  /** The board that comes after a reconnection, switched on at `bootNs` of the first one's clock. Without it the same one comes back. */
  readonly replug?: (as: "repowered" | "other", bootNs: number) => PacedTwin;
}

/**
 * Runs a twin in real time behind two pseudo-terminals. What arrives carries the time of its arrival (CLOCK_MONOTONIC_RAW,
 * taken by threads of their own), and the twin lives through that time in its own order: a late tick delays bytes, and changes none.
 * Arrival is the client's write, as a notice of the kernel dates it (twin/native/pty_port.h). The bytes themselves may come later:
 * the twin's time stands still until then.
 */
export class PtyFrontEnd {
  bytesLost = 0;
  #twin: PacedTwin;
  readonly #options: FrontEndOptions;
  readonly #cable: Cable;
  #control: NativePty;
  #data: NativePty;
  /** The host's time when the first twin was switched on: the time of its faults. */
  #originNs: bigint = native.clockNs();
  /** How much later the twin that is there now was. */
  #bootNs = 0;
  /** Taken, but not yet the twin's past. */
  #arrivedLater: PortArrival[] = [];
  #timer: NodeJS.Timeout | null = null;
  #links: { readonly folder: string; readonly control: string; readonly data: string } | null = null;
  #closed = false;

  constructor(twin: PacedTwin, options: FrontEndOptions = {}) {
    this.#twin = twin;
    this.#options = options;
    this.#cable = new Cable(twin.faults);
    [this.#control, this.#data] = this.#openPorts();
    this.#schedule();
  }

  /** Where the port is now: its link where there is one, which stays when the cable is pulled and put back. */
  get controlPath(): string {
    return this.#links?.control ?? this.#control.path;
  }

  get dataPath(): string {
    return this.#links?.data ?? this.#data.path;
  }

  /** Time since the first twin was switched on, ns: the clock that faults go by. */
  get nowNs(): number {
    return this.#twin.nowNs + this.#bootNs;
  }

  /** Descriptions of the two slaves that clients hold open; null when the system cannot tell or the cable is pulled. */
  get clients(): { control: number | null; data: number | null } {
    if (!this.#cable.plugged) return { control: null, data: null };
    const known = (count: number) => (count < 0 ? null : count);
    return { control: known(this.#control.clients), data: known(this.#data.clients) };
  }

  /** Makes `control` and `data` in a folder point to the ports, for clients that want a path that stays. */
  link(folder: string): void {
    mkdirSync(folder, { recursive: true });
    this.#links = { folder, control: join(folder, "control"), data: join(folder, "data") };
    this.#pointLinks();
  }

  /** Lets the twin catch up with the present. */
  catchUp(): void {
    if (this.#closed) return;
    if (!this.#cable.plugged) {
      this.#liveAlone();
      return;
    }
    const control = this.#control.take();
    const data = this.#data.take();
    this.#skipLostTime(this.#twinNs(data.nowNs));
    const untilNs = control.nowNs < data.nowNs ? control.nowNs : data.nowNs;
    const { due, later } = splitArrivals(
      [
        ...this.#arrivedLater,
        ...control.arrivals.map((arrival) => ({ ...arrival, port: "control" as const })),
        ...data.arrivals.map((arrival) => ({ ...arrival, port: "data" as const })),
      ],
      untilNs,
    );
    this.#arrivedLater = later;
    for (const { port, tNs, baud, bytes } of due) {
      this.#twin.advance(Math.max(this.#twinNs(tNs), this.#twin.nowNs));
      if (port === "control") this.#twin.receiveControl(bytes);
      else {
        this.#twin.setHostBaud(baud);
        this.#twin.receiveData(bytes);
      }
    }
    // The system reports no change of rate: one without bytes is seen here, and when since the last bytes it came cannot be known.
    // Nor can bytes that were written just before a change and read after it be told from those that follow it.
    this.#twin.setHostBaud(data.baud);
    this.#twin.advance(Math.max(this.#twinNs(untilNs), this.#twin.nowNs));
    for (const output of this.#twin.takeOutputs()) this.#write(output);
  }

  /** Ends it: both ports vanish, and the links. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#hangUp();
  }

  #hangUp(): void {
    this.#control.close();
    this.#data.close();
    for (const link of this.#links === null ? [] : [this.#links.control, this.#links.data]) rmSync(link, { force: true });
  }

  #openPorts(): [NativePty, NativePty] {
    const { wakeOnData = true } = this.#options;
    return [openPty(() => this.#tick()), openPty(() => (wakeOnData ? this.#tick() : undefined))];
  }

  #pointLinks(): void {
    if (this.#links === null) return;
    for (const [path, target] of [
      [this.#links.control, this.#control.path],
      [this.#links.data, this.#data.path],
    ] as const) {
      rmSync(path, { force: true });
      symlinkSync(target, path);
    }
  }

  /** A board whose cable is pulled lives on, and nobody hears it; one that comes back from a power cut has forgotten it all anyway. */
  #liveAlone(): void {
    const nowNs = this.#twinNs(native.clockNs());
    this.#skipLostTime(nowNs);
    this.#twin.advance(Math.max(nowNs, this.#twin.nowNs));
    this.#twin.takeOutputs();
  }

  #followCable(): void {
    const event = this.#cable.advance(this.nowNs);
    if (event === null) return;
    if (event === "unplugged") {
      this.#hangUp();
      this.#arrivedLater = [];
      return;
    }
    if (event !== "same" && this.#options.replug !== undefined) {
      this.#bootNs = this.nowNs;
      this.#twin = this.#options.replug(event, this.#bootNs);
    }
    [this.#control, this.#data] = this.#openPorts();
    this.#pointLinks();
  }

  #twinNs(hostNs: bigint): number {
    return Number(hostNs - this.#originNs) - this.#bootNs;
  }

  #skipLostTime(nowNs: number): void {
    const missedNs = nowNs - this.#twin.nowNs;
    if (missedNs > MAX_CATCH_UP_NS) this.#originNs += BigInt(Math.round(missedNs));
  }

  #write(output: PortOutput): void {
    const port = output.port === "control" ? this.#control : this.#data;
    this.bytesLost += output.bytes.length - port.write(output.bytes);
  }

  #tick(): void {
    if (this.#closed) return;
    this.catchUp();
    this.#followCable();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), this.#twin.chain.running ? TICK_MS : IDLE_TICK_MS);
  }
}

function openPty(onArrival: () => void): NativePty {
  try {
    return new native.Pty(onArrival);
  } catch (cause) {
    throw new TwinError(
      "PTY_REFUSED",
      "The system gave no pseudo-terminal.",
      "Check that /dev/pts is mounted and /dev/ptmx may be opened.",
      {},
      cause,
    );
  }
}
