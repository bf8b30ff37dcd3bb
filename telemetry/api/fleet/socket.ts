/** cgminer's API: a client sends one command, gets one reply, which ends with a NUL, and the connection is closed. It asks nobody who they are. */
import { createServer, type Socket } from "node:net";
import { listen, listenError } from "../listen.ts";
import { replyTo } from "./commands.ts";
import type { FleetSources } from "./facts.ts";

export interface FleetSocketOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface FleetSocket {
  readonly port: number;
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 16;
const MOST_REQUEST_BYTES = 1024;
const PATIENCE_MS = 5000;

/** Rejects with TelemetryError, as listenError has them. */
export async function startFleetSocket({ host, port }: FleetSocketOptions, boards: () => FleetSources): Promise<FleetSocket> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    answerOnce(socket, boards);
  });
  server.maxConnections = MOST_CONNECTIONS;
  try {
    await listen(server, host, port);
  } catch (error) {
    throw listenError(error, host, port);
  }
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Clients do not say where a request ends: it is whole when it parses, when a line or the client's side ends, or when it is as long as any may be. */
function answerOnce(socket: Socket, boards: () => FleetSources): void {
  let request = "";
  const answer = () => {
    socket.removeAllListeners("data").resume();
    socket.end(`${JSON.stringify(replyTo(request, boards()))}\0`);
  };
  socket.setEncoding("utf8");
  socket.on("data", (part: string) => {
    request += part;
    if (request.length > MOST_REQUEST_BYTES) return void socket.destroy();
    if (/[\n\0]$/.test(request)) request = request.slice(0, -1);
    else if (!isWhole(request)) return;
    answer();
  });
  socket.once("end", () => {
    if (socket.writable && !socket.writableEnded) answer();
  });
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
