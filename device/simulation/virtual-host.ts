/** The simulated host under a daemon: its process, files, ports and network, and what can go wrong with each. */
import { DriverError } from "../../common/errors.ts";
import type { Random } from "../../common/random.ts";
import { Audience } from "../../telemetry/api/audience.ts";
import type { Answer } from "../../telemetry/api/route-declaration.ts";
import { type RouteContext, route } from "../../telemetry/api/routes.ts";
import { VIEWER_LIMITS, type Viewers } from "../../telemetry/api/viewers.ts";
import { type ControlStore, openControlStore } from "../../telemetry/control/control-store.ts";
import { startPublisher } from "../../telemetry/mqtt/publisher.ts";
import { openStore } from "../../telemetry/store/client.ts";
import type { DiskTrouble } from "../../telemetry/store/failing-disk.ts";
import type { Store } from "../../telemetry/store/store.ts";
import type { Host } from "../host.ts";
import type { VirtualBoard } from "./virtual-board.ts";
import type { VirtualBroker } from "./virtual-broker.ts";
import type { VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";
import { VirtualViewer } from "./virtual-viewer.ts";
import { armVirtualWatchdog } from "./virtual-watchdog.ts";

/** What is in force on the host, whichever process runs. */
export interface HostState {
  readonly disk: { trouble: DiskTrouble | null; delayMs: number };
  /** No descriptor is left: whatever opens a file, a port or a socket fails. */
  descriptorsGone: boolean;
  /** New clients of the dashboard read so much; null: everything. */
  clientBytesPerS: number | null;
  clientsHalfOpen: boolean;
}

export interface VirtualHostParts {
  readonly process: VirtualProcess;
  readonly time: VirtualTime;
  /** A watchdog lives beside the process. */
  readonly watched: boolean;
  readonly board: VirtualBoard;
  /** Of several boards the one with a port; absent: there is one. */
  readonly boardAt?: (path: string) => VirtualBoard;
  readonly broker: VirtualBroker;
  readonly random: Random;
  readonly state: HostState;
  /** A client of each board leaves after so long, and comes back; absent: there is none. */
  readonly guestStaysMs?: number | undefined;
}

/** Two dashboards look on at each board; one that was cut comes back after so long, as the page does (telemetry/dashboard/src/model/link.ts). */
const CLIENTS = 2;
const RECONNECT_MS = 3000;

export class VirtualHost {
  readonly host: Host;
  readonly viewers: VirtualViewer[] = [];
  readonly #parts: VirtualHostParts;
  readonly #crashListeners = new Set<(error: unknown) => void>();
  /** The store's own time goes on when the process is killed, so that its file can be let go. */
  readonly #storeSleeps = new AbortController();
  #store: Store | null = null;
  #control: ControlStore | null = null;
  #api: RouteContext | null = null;

  constructor(parts: VirtualHostParts) {
    this.#parts = parts;
    const { process, board, broker, random } = parts;
    const boardAt = parts.boardAt ?? (() => board);
    const openPort = async <T>(path: string, open: (at: VirtualBoard) => T): Promise<T> => {
      if (parts.state.descriptorsGone) throw portFailure(path, "PORT_OPEN_FAILED", "EMFILE: too many open files");
      if (boardAt(path).unplugged) throw portFailure(path, "PORT_MISSING", "there is no such port");
      return open(boardAt(path));
    };
    this.host = {
      clock: process,
      random,
      ports: {
        openControl: (path) => openPort(path, (at) => at.openControl(path, process)),
        openLink: (path, baud) => openPort(path, (at) => at.openLink(path, baud, process)),
      },
      hasPort: (path) => !boardAt(path).unplugged,
      openControl: (path) => {
        this.#control = openControlStore(path);
        return this.#control;
      },
      safeguards: {
        armWatchdog: parts.watched
          ? armVirtualWatchdog({ time: parts.time, process, write: (path, bytes) => boardAt(path).orderBehindItsBack(bytes) })
          : null,
        startGuard: null,
      },
      checkOrigin: async () => {},
      openStore: async (options) => {
        const clock = {
          nowNs: () => process.nowNs(),
          wallMs: () => process.wallMs(),
          sleep: (ms: number, signal?: AbortSignal) => this.#storeSleep(ms, signal),
        };
        this.#store = await openStore({ ...options, clock, inProcess: true, failing: parts.state.disk });
        return this.#store;
      },
      startApi: async (options) => {
        const { boards, clock = process, limits } = options;
        this.#api = { ...options, wallMs: () => process.wallMs() };
        const audience = new Audience(boards, clock, { ...VIEWER_LIMITS, ...limits });
        for (const each of boards) {
          for (let at = 0; at < CLIENTS; at++) this.#connectViewer(audience.of(each));
          if (parts.guestStaysMs !== undefined) this.#connectViewer(audience.of(each), parts.guestStaysMs);
        }
        return { url: "http://daemon.virtual", close: () => audience.close(300) };
      },
      startMqtt: async (options) =>
        startPublisher({ ...options, url: options.url ?? "", connect: ({ inbox }, root) => broker.connectFrom(process, root, inbox) }),
      onCrash: (listener) => {
        this.#crashListeners.add(listener);
        return () => void this.#crashListeners.delete(listener);
      },
    };
  }

  /** Somebody answers at the API. */
  get listens(): boolean {
    return this.#api !== null;
  }

  /** POST /api/v1/emergency-off, whenever the daemon's event loop comes to it. */
  pressEmergencyOff(board?: string): void {
    this.post(`/api/v1/emergency-off${board === undefined ? "" : `?board=${board}`}`);
  }

  /** The same with any other address. */
  post(url: string): void {
    this.ask("POST", url);
  }

  /** A request whose answer is looked at; there is none while no daemon listens. */
  ask(method: "GET" | "POST", url: string, answered: (answer: Answer | null) => void = () => {}): void {
    this.#parts.process.soon("io", 0, () => {
      if (this.#api) void route({ method, url }, this.#api).then(answered);
    });
  }

  /** What Node does with an error that nobody caught. */
  crash(error: unknown): void {
    for (const listener of this.#crashListeners) listener(error);
  }

  /** The kernel closes a killed process's files; what it had not committed is lost. Resolves when the database can be opened again. */
  async dropStore(): Promise<void> {
    this.#storeSleeps.abort(new Error("killed"));
    this.#control?.close();
    await this.#store?.close().catch(() => {});
  }

  /** AbortSignal.any leaves a word about each of its signals with one that lives long (Node 20): a store sleeps some times a second for days. */
  async #storeSleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { signal: dropped } = this.#storeSleeps;
    const either = new AbortController();
    const end = ({ target }: Event) => either.abort((target as AbortSignal).reason);
    const ends = signal === undefined ? [dropped] : [signal, dropped];
    for (const each of ends) {
      if (each.aborted) either.abort(each.reason);
      each.addEventListener("abort", end);
    }
    try {
      await this.#parts.process.sleep(ms, either.signal);
    } finally {
      for (const each of ends) each.removeEventListener("abort", end);
    }
  }

  #connectViewer(viewers: Viewers, staysMs: number | null = null): void {
    const { process, state } = this.#parts;
    process.soon("io", RECONNECT_MS * 1e6, () => {
      if (state.descriptorsGone || viewers.isFull) return this.#connectViewer(viewers, staysMs);
      const viewer = new VirtualViewer(process);
      viewer.bytesPerS = state.clientBytesPerS;
      viewer.halfOpen = state.clientsHalfOpen;
      viewer.on("close", () => {
        // One with a complaint stays until the observer has seen it.
        if (viewer.complaint === null) this.viewers.splice(this.viewers.indexOf(viewer), 1);
        this.#connectViewer(viewers, staysMs);
      });
      this.viewers.push(viewer);
      viewers.add(viewer);
      if (staysMs !== null) process.soon("io", staysMs * 1e6, () => viewer.terminate());
    });
  }
}

function portFailure(path: string, code: string, why: string): DriverError {
  return new DriverError(code, `The port ${path} cannot be opened: ${why}.`, "This is a simulated fault.", { path });
}
