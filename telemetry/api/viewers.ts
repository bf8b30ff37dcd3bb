/**
 * The WebSocket clients. Each gets hello, a snapshot, then every update in sequence and nonce batches as binary frames (nonce-frame.ts). One that comes
 * back and says what it heard last gets what it missed instead of the snapshot, as far as that is remembered.
 *
 * Back-pressure: `ws` buffers without end for a client that does not read (specs/stack.md). Above `bufferedBytes` a client is lagging: it gets
 * nothing more, of its updates those are remembered that still count (missed-updates.ts), and its nonce frames are dropped. When its buffer has drained
 * it gets those in one message and goes on from there, so that no client ever sees a gap. One that lags for `hopelessMs` is cut.
 */
import { type Clock, elapsedMs, every } from "../../common/clock.ts";
import type { Hub } from "../hub.ts";
import { PROTOCOL_VERSION, type RecentLanes, type ServerMessage } from "../messages.ts";
import { encodeNonceFrame } from "../nonce-frame.ts";
import { LaneMemory } from "./lane-memory.ts";
import { MissedUpdates } from "./missed-updates.ts";
import { RecentUpdates } from "./recent-updates.ts";

export interface ViewerLimits {
  readonly maxClients: number;
  readonly bufferedBytes: number;
  readonly hopelessMs: number;
  readonly pingMs: number;
  /** A client that heard nothing this long gets the snapshot again: a page cannot see pings, and must tell quiet from dead. */
  readonly quietMs: number;
}

export const VIEWER_LIMITS: ViewerLimits = {
  maxClients: 128,
  bufferedBytes: 256 * 1024,
  hopelessMs: 30_000,
  pingMs: 15_000,
  quietMs: 5_000,
};

export interface ViewerCounters {
  readonly clients: number;
  /** In the send buffers of all clients together. */
  readonly bufferedBytes: number;
  readonly droppedNonceFrames: number;
  readonly coalescedUpdates: number;
  /** Clients that came back and got what they had missed. */
  readonly resumed: number;
  /** Clients that had lagged and have caught up. */
  readonly resyncs: number;
  readonly disconnectedHopeless: number;
  /** Clients speak only to close; what else they say is counted and ignored. */
  readonly ignoredMessages: number;
}

/** Of a WebSocket, what viewers need; `ws` has it. */
export interface ViewerSocket {
  /** 1 is open (the WebSocket standard's OPEN). */
  readonly readyState: number;
  readonly bufferedAmount: number;
  on(event: "pong" | "message" | "error" | "close", listener: () => void): unknown;
  /** `taken` is called when the network has it, or has refused it. */
  send(message: string | Uint8Array, taken: () => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What a client heard last before it lost its connection. */
export interface Heard {
  readonly instance: string;
  readonly seq: number;
}

const OPEN = 1;

interface Viewer {
  readonly socket: ViewerSocket;
  laggingSinceNs: bigint | null;
  readonly missed: MissedUpdates;
  lastSentNs: bigint;
  lastPingNs: bigint;
  answered: boolean;
}

export class Viewers {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #limits: ViewerLimits;
  readonly #viewers = new Set<Viewer>();
  readonly #recent: RecentUpdates;
  readonly #lanes: LaneMemory;
  readonly #unsubscribe: () => void;
  readonly #stopLooking: () => void;
  readonly #counters = { droppedNonceFrames: 0, coalescedUpdates: 0, resyncs: 0, disconnectedHopeless: 0, ignoredMessages: 0, resumed: 0 };

  constructor(hub: Hub, clock: Clock, limits: ViewerLimits) {
    this.#hub = hub;
    this.#clock = clock;
    this.#limits = limits;
    // As much as one client may have unsent: replaying must not make it lag.
    this.#recent = new RecentUpdates(limits.bufferedBytes / 2);
    this.#lanes = new LaneMemory(clock, hub.snapshot().board);
    this.#unsubscribe = hub.subscribe({
      update: (update) => {
        const text = JSON.stringify({ type: "update", ...update });
        this.#recent.add(update.seq, text);
        if (update.topic === "board") this.#lanes.noteBoard(update.value);
        for (const viewer of this.#viewers) {
          if (this.#offer(viewer, text)) continue;
          viewer.missed.add(update);
          this.#counters.coalescedUpdates++;
        }
      },
      nonces: (batch, batchSeq) => {
        this.#lanes.add(batch);
        if (this.#viewers.size === 0) return;
        const { origin, run } = hub.snapshot();
        const frame = encodeNonceFrame(batch, { origin, batch: batchSeq, runId: run?.id ?? null });
        for (const viewer of this.#viewers) if (!this.#offer(viewer, frame)) this.#counters.droppedNonceFrames++;
      },
    });
    const everyMs = Math.min(1000, limits.hopelessMs / 4, limits.pingMs / 2, limits.quietMs / 2);
    this.#stopLooking = every(clock, everyMs, () => this.#look());
  }

  get isFull(): boolean {
    return this.#viewers.size >= this.#limits.maxClients;
  }

  counters(): ViewerCounters {
    const bufferedBytes = [...this.#viewers].reduce((sum, { socket }) => sum + socket.bufferedAmount, 0);
    return { clients: this.#viewers.size, bufferedBytes, ...this.#counters };
  }

  add(socket: ViewerSocket, heard: Heard | null = null): void {
    const nowNs = this.#clock.nowNs();
    const missed = new MissedUpdates();
    const viewer: Viewer = { socket, laggingSinceNs: null, missed, lastSentNs: nowNs, lastPingNs: nowNs, answered: true };
    socket.on("pong", () => {
      viewer.answered = true;
    });
    socket.on("message", () => {
      this.#counters.ignoredMessages++;
    });
    // A malformed or oversized frame ends up here; `ws` closes the socket itself, with the code that fits.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#viewers.delete(viewer));
    const { software, rig, origin, startedWallMs } = this.#hub.snapshot();
    const instance = String(startedWallMs);
    const since = heard?.instance === instance ? this.#recent.after(heard.seq, this.#hub.seq) : null;
    const resumed = since !== null;
    const hello: ServerMessage = {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      software,
      rig,
      origin,
      instance,
      resumed,
      ...this.#recentLanes(),
    };
    this.#send(viewer, JSON.stringify(hello));
    if (since === null) this.#sendSnapshot(viewer);
    else {
      this.#counters.resumed++;
      for (const text of since) this.#send(viewer, text);
    }
    this.#viewers.add(viewer);
  }

  /** Says goodbye to all; those that do not answer within `graceMs` are cut. */
  async close(graceMs: number): Promise<void> {
    this.#unsubscribe();
    this.#stopLooking();
    const gone = [...this.#viewers].map(({ socket }) => {
      const closed = new Promise<void>((resolve) => socket.on("close", resolve));
      socket.close(1001, "the daemon is stopping");
      return closed;
    });
    if (gone.length === 0) return;
    const parted = new AbortController();
    const cut = () => {
      for (const { socket } of this.#viewers) socket.terminate();
    };
    this.#clock.sleep(graceMs, parted.signal).then(cut, () => {});
    await Promise.all(gone);
    parted.abort();
  }

  /** False when the viewer lags and did not get it. */
  #offer(viewer: Viewer, message: string | Uint8Array): boolean {
    if (viewer.socket.readyState !== OPEN) return true;
    if (viewer.laggingSinceNs === null && viewer.socket.bufferedAmount > this.#limits.bufferedBytes)
      viewer.laggingSinceNs = this.#clock.nowNs();
    if (viewer.laggingSinceNs !== null) return false;
    this.#send(viewer, message);
    return true;
  }

  #send(viewer: Viewer, message: string | Uint8Array): void {
    viewer.lastSentNs = this.#clock.nowNs();
    viewer.socket.send(message, () => this.#catchUpWhenDrained(viewer));
  }

  #sendSnapshot(viewer: Viewer): void {
    const message: ServerMessage = { type: "snapshot", seq: this.#hub.seq, snapshot: this.#hub.snapshot() };
    this.#send(viewer, JSON.stringify(message));
  }

  #recentLanes(): { lanes?: RecentLanes } {
    const lanes = this.#lanes.recent();
    return lanes === null ? {} : { lanes };
  }

  #catchUpWhenDrained(viewer: Viewer): void {
    if (viewer.laggingSinceNs === null || viewer.socket.readyState !== OPEN) return;
    if (viewer.socket.bufferedAmount > this.#limits.bufferedBytes / 4) return;
    viewer.laggingSinceNs = null;
    this.#counters.resyncs++;
    const message: ServerMessage = { type: "caught-up", seq: this.#hub.seq, updates: viewer.missed.take(), ...this.#recentLanes() };
    this.#send(viewer, JSON.stringify(message));
  }

  #look(): void {
    for (const viewer of this.#viewers) {
      if (viewer.laggingSinceNs !== null) {
        if (elapsedMs(this.#clock, viewer.laggingSinceNs) < this.#limits.hopelessMs) continue;
        this.#counters.disconnectedHopeless++;
        // Its goodbye may take longer than until the next look.
        this.#viewers.delete(viewer);
        viewer.socket.terminate();
        continue;
      }
      if (elapsedMs(this.#clock, viewer.lastPingNs) >= this.#limits.pingMs) {
        if (!viewer.answered) {
          viewer.socket.terminate();
          continue;
        }
        viewer.answered = false;
        viewer.lastPingNs = this.#clock.nowNs();
        viewer.socket.ping();
      }
      if (elapsedMs(this.#clock, viewer.lastSentNs) >= this.#limits.quietMs) this.#sendSnapshot(viewer);
    }
  }
}
