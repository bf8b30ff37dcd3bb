/** A Stratum V1 server for miners in a laboratory: sockets, time limits, back-pressure. What it says is session.ts. */
import { createServer, type Server, type Socket } from "node:net";
import type { JobRecord } from "../../common/block-header.ts";
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError } from "../../common/errors.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { Verify } from "../bm13xx/verify.ts";
import type { ListenAddress } from "./address.ts";
import { CLOSE_REASONS, type CloseReason, STRATUM_LIMITS, type StratumLimits } from "./limits.ts";
import { LineReader } from "./line-reader.ts";
import { MODE_TIMES, type ModeTimes, type StratumMode } from "./mode.ts";
import { type SessionOptions, StratumSession } from "./session.ts";
import { batchOf, type ShareRow } from "./share-rows.ts";
import { GENERAL_PURPOSE_BITS } from "./version-rolling.ts";

export interface StratumServerOptions extends Pick<SessionOptions, "mode" | "templates"> {
  readonly listen: ListenAddress;
  /** A power of two: what ticket masks can hold. Below 1 for software miners. */
  readonly difficulty: number;
  /** Zero bits that a twin leaves out (default 0). Never for a miner that is not a twin. */
  readonly workScale?: number;
  readonly times?: Partial<ModeTimes>;
  readonly limits?: Partial<StratumLimits>;
  /** Least and greatest difficulty that a miner may ask for (default: it may not). */
  readonly suggestions?: readonly [number, number];
  /** Standard uncertainty of a share's time-stamp: what network and miner may add. */
  readonly sigmaNs: number;
  /** Version bits on offer (default BIP 320's); 0 for LBRY, whose miners roll none. */
  readonly versionMask?: number;
}

export interface StratumServerPorts {
  readonly clock: Clock;
  readonly verify: Verify;
  /** Rows of the last few milliseconds, in the order they came, with the jobs that are new in them. */
  readonly onShares?: (batch: NonceBatch, jobs: readonly JobRecord[]) => void;
  /** The same shares before they are rows. */
  readonly onShare?: (row: ShareRow, session: StratumSession) => void;
  readonly onClosed?: (session: StratumSession, reason: CloseReason) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly session: StratumSession;
  readonly lines: LineReader;
  readonly openedNs: bigint;
  heardNs: bigint;
  /** When the line began that has not ended. */
  lineBeganNs: bigint | null;
}

/** Deadlines are looked at so often, ms. */
const TICK_MS = 5;

export class StratumServer {
  /** Connections ended, by reason. */
  readonly closed: Record<CloseReason, number> = Object.fromEntries(CLOSE_REASONS.map((name) => [name, 0])) as Record<CloseReason, number>;
  #options: SessionOptions;
  readonly #sigmaNs: number;
  readonly #ports: StratumServerPorts;
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #ticks: NodeJS.Timeout;
  #sessions = 0;
  #jobs = 0;
  #seqs = 0;
  #rows: ShareRow[] = [];

  private constructor(options: StratumServerOptions, ports: StratumServerPorts) {
    const { mode, templates, workScale = 0, difficulty, suggestions } = options;
    const [least, greatest] = suggestions ?? [];
    this.#options = {
      mode,
      templates,
      workScale,
      ticketLog2: exactLog2(difficulty),
      suggestions: least === undefined || greatest === undefined ? null : [exactLog2(least), exactLog2(greatest)],
      versionMask: options.versionMask ?? GENERAL_PURPOSE_BITS,
      times: { ...MODE_TIMES, ...options.times },
      limits: { ...STRATUM_LIMITS, ...options.limits },
    };
    this.#sigmaNs = options.sigmaNs;
    this.#ports = ports;
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => this.#accept(socket));
    this.#ticks = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Resolves when miners can connect. DriverError STRATUM_LISTEN, STRATUM_DIFFICULTY. */
  static async start(options: StratumServerOptions, ports: StratumServerPorts): Promise<StratumServer> {
    const server = new StratumServer(options, ports);
    try {
      await new Promise<void>((resolve, reject) => {
        server.#server.once("error", reject).listen({ ...options.listen, backlog: 1024 }, resolve);
      });
    } catch (cause) {
      clearInterval(server.#ticks);
      const { host, port } = options.listen;
      const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
      throw new DriverError(
        "STRATUM_LISTEN",
        `Nothing can listen at ${host}:${port} (${code}).`,
        "Choose a port that is free and an address of this machine.",
        { host, port, code },
        cause,
      );
    }
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get mode(): StratumMode {
    return this.#options.mode;
  }

  /** For those who are connected, and those who come. */
  setMode(mode: StratumMode): void {
    this.#options = { ...this.#options, mode };
    for (const { session } of this.#connections.values()) session.setMode(mode);
  }

  /** Sessions of the sockets that are open. */
  get sessions(): readonly StratumSession[] {
    return [...this.#connections.values()].map(({ session }) => session);
  }

  /** Ends every connection. A second call does nothing. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    clearInterval(this.#ticks);
    for (const { session } of this.#connections.values()) session.close("server-stopped");
    this.#flush();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    const { limits } = this.#options;
    if (this.#connections.size >= limits.connections) {
      this.closed["too-many-connections"]++;
      socket.on("error", () => {}).destroy();
      return;
    }
    const { clock, verify } = this.#ports;
    const session = new StratumSession(++this.#sessions, this.#options, {
      nowNs: () => clock.nowNs(),
      wallMs: () => clock.wallMs(),
      verify,
      send: (line) => this.#send(socket, line),
      close: (reason) => this.#end(socket, reason),
      share: (row, of) => {
        if (this.#ports.onShares !== undefined) this.#rows.push(row);
        this.#ports.onShare?.(row, of);
      },
      nextJob: () => this.#jobs++,
      nextSeq: () => this.#seqs++,
    });
    const nowNs = clock.nowNs();
    const lines = new LineReader(limits.lineBytes);
    this.#connections.set(socket, { socket, session, lines, openedNs: nowNs, heardNs: nowNs, lineBeganNs: null });
    socket
      .on("data", (chunk: Buffer) => this.#hear(socket, chunk))
      .on("error", () => session.close("socket-error"))
      .on("close", () => session.close("client-left"));
  }

  #hear(socket: Socket, chunk: Buffer): void {
    const tNs = this.#ports.clock.nowNs();
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.heardNs = tNs;
    const { lines, fault } = connection.lines.push(chunk);
    // Shares that came in one piece are answered in one.
    if (lines.length > 1) socket.cork();
    for (const line of lines) connection.session.line(line, tNs);
    socket.uncork();
    if (connection.lines.pendingBytes === 0) connection.lineBeganNs = null;
    else if (lines.length > 0 || connection.lineBeganNs === null) connection.lineBeganNs = tNs;
    if (fault !== null) connection.session.close(fault);
  }

  /** Rows for the record, all that came since the last tick: columns for each share would be garbage between two hand-overs. */
  #flush(): void {
    if (this.#rows.length === 0) return;
    const { batch, jobs } = batchOf(this.#rows, this.#sigmaNs);
    this.#rows = [];
    if (batch.length > 0) this.#ports.onShares?.(batch, jobs);
  }

  #send(socket: Socket, line: string): void {
    if (socket.writable) socket.write(line);
    if (socket.writableLength > this.#options.limits.backlogBytes) this.#connections.get(socket)?.session.close("write-backlog");
  }

  #end(socket: Socket, reason: CloseReason): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    this.#connections.delete(socket);
    this.closed[reason]++;
    socket.destroy();
    this.#ports.onClosed?.(connection.session, reason);
  }

  #tick(): void {
    this.#flush();
    const { clock } = this.#ports;
    const { limits } = this.#options;
    for (const { session, openedNs, heardNs, lineBeganNs } of this.#connections.values()) {
      session.tick();
      if (lineBeganNs !== null && elapsedMs(clock, lineBeganNs) > limits.lineMs) session.close("slow-line");
      else if (!session.authorized && elapsedMs(clock, openedNs) > limits.handshakeMs) session.close("handshake-timeout");
      else if (elapsedMs(clock, heardNs) > limits.idleMs) session.close("idle");
    }
  }
}

/** log2 of a difficulty that a ticket mask can hold. DriverError STRATUM_DIFFICULTY. */
export function exactLog2(difficulty: number): number {
  const log2 = Math.log2(difficulty);
  if (Number.isInteger(log2) && log2 >= -32 && log2 <= 32) return log2;
  throw new DriverError(
    "STRATUM_DIFFICULTY",
    `A difficulty of ${difficulty} is no power of two from 2^-32 to 2^32.`,
    "Chips count zero bits: use 1, 2, 4, ... 256, 512, ..., or a fraction such as 0.0009765625 (1/1024) for a software miner.",
    { difficulty },
  );
}
