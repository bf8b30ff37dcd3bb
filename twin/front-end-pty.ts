import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { TwinError } from "../common/errors.ts";
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

/**
 * Runs a twin in real time behind two pseudo-terminals. What arrives carries the time of its arrival (CLOCK_MONOTONIC_RAW,
 * taken by threads of their own), and the twin lives through that time in its own order: a late tick delays bytes, and changes none.
 * Arrival is the client's write, as a notice of the kernel dates it (twin/native/pty_port.h). The bytes themselves may come later:
 * the twin's time stands still until then.
 */
export class PtyFrontEnd {
  bytesLost = 0;
  readonly #twin: PacedTwin;
  readonly #control: NativePty;
  readonly #data: NativePty;
  /** The host's time at the twin's time 0. */
  #originNs: bigint = native.clockNs();
  /** Taken, but not yet the twin's past. */
  #arrivedLater: PortArrival[] = [];
  #timer: NodeJS.Timeout | null = null;
  #links: string[] = [];
  #closed = false;

  /** wakeOnData: false for a host that writes all the time, which a tick then takes in one go. */
  constructor(twin: PacedTwin, wakeOnData = true) {
    this.#twin = twin;
    this.#control = openPty(() => this.#tick());
    this.#data = openPty(() => {
      if (wakeOnData) this.#tick();
    });
    this.#schedule();
  }

  get controlPath(): string {
    return this.#control.path;
  }

  get dataPath(): string {
    return this.#data.path;
  }

  /** Descriptions of the two slaves that clients hold open; null when the system cannot tell. */
  get clients(): { control: number | null; data: number | null } {
    const known = (count: number) => (count < 0 ? null : count);
    return { control: known(this.#control.clients), data: known(this.#data.clients) };
  }

  /** Makes `control` and `data` in a folder point to the ports, for clients that want a path that stays. */
  async link(folder: string): Promise<{ controlPath: string; dataPath: string }> {
    const controlPath = join(folder, "control");
    const dataPath = join(folder, "data");
    for (const [path, target] of [
      [controlPath, this.#control.path],
      [dataPath, this.#data.path],
    ] as const) {
      await rm(path, { force: true });
      await symlink(target, path);
      this.#links.push(path);
    }
    return { controlPath, dataPath };
  }

  /** Lets the twin catch up with the present. */
  catchUp(): void {
    if (this.#closed) return;
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

  async close(): Promise<void> {
    this.hangUp();
    for (const link of this.#links.splice(0)) await rm(link, { force: true });
  }

  /** Both ports vanish, as when the cable is pulled. */
  hangUp(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#control.close();
    this.#data.close();
  }

  #twinNs(hostNs: bigint): number {
    return Number(hostNs - this.#originNs);
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
    if (this.#twin.faults.value("link-cut", this.#twin.nowNs) !== null) this.hangUp();
    else this.#schedule();
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
