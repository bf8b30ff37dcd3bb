import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import sirv from "sirv";
import { WebSocketServer } from "ws";
import { type Clock, hostClock } from "../../common/clock.ts";
import { TelemetryError } from "../../common/errors.ts";
import { type DaemonSource, metricsText } from "../metrics/metrics.ts";
import { type Tally, tallyOf } from "../metrics/tally.ts";
import type { StoreCounters } from "../store/pending.ts";
import { type Admission, Door } from "./access/door.ts";
import type { RateLimits } from "./access/rate-limit.ts";
import type { Tokens } from "./access/tokens.ts";
import { type ApiBoard, type ApiBoards, chosenBoard, noBoard } from "./api-board.ts";
import { Audience } from "./audience.ts";
import type { FleetSource, FleetSources } from "./fleet/facts.ts";
import { type FleetSocket, type FleetSocketOptions, startFleetSocket } from "./fleet/socket.ts";
import { Gather } from "./gather.ts";
import { isLoopback } from "./guard.ts";
import { listen, listenError } from "./listen.ts";
import { notFound, PROBLEM_TYPE, type Problem, problemOf, sendProblem } from "./problem.ts";
import { answerOf, findRoute, type RouteContext } from "./routes.ts";
import { sendAnswer } from "./send-answer.ts";
import { type Heard, VIEWER_LIMITS, type ViewerCounters, type ViewerLimits } from "./viewers.ts";

export const DEFAULT_API_PORT = 8366;
/** Clients have nothing to say over the WebSocket but close and pong. */
const MAX_INBOUND_BYTES = 1024;
const CLOSE_GRACE_MS = 300;
const MOST_CONNECTIONS = 256;
const MOST_CONNECTIONS_EACH = 48;
/** No address takes a body; one of this size is read to nowhere, so that the connection can be used again. */
const MOST_DRAINED_BYTES = 16 * 1024;
const NO_TOKENS: Tokens = { view: null, operate: null };

/** Everything the page needs comes from the daemon itself. `data:` images are what a bundler makes of small icons. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

export interface ApiOptions extends Omit<RouteContext, "metricsText" | "fleet" | "wallMs"> {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** The built web page. When it is not there the API works and the page says how to build it. */
  readonly dashboardDir: string;
  readonly limits?: Partial<ViewerLimits>;
  readonly rate?: Partial<RateLimits>;
  /** Without one nobody outside of this host may ask, and a `host` that is not loopback is refused. */
  readonly tokens?: Tokens;
  readonly clock?: Clock;
  /** Where tools that know cgminer may ask; absent: nowhere. */
  readonly fleetSocket?: FleetSocketOptions | null;
  readonly storeCounters?: () => StoreCounters | null;
}

export interface Api {
  /** Where the dashboard is, such as http://127.0.0.1:8366 */
  readonly url: string;
  readonly port: number;
  /** Of cgminer's API; null when it is off. */
  readonly fleetPort: number | null;
  counters(): ViewerCounters & { readonly refusedClients: number };
  close(): Promise<void>;
}

/**
 * Serves the dashboard, the HTTP API and the WebSocket, for all boards of a daemon. Rejects with TelemetryError PORT_IN_USE, PORT_DENIED, ADDRESS_UNKNOWN, TOKEN_MISSING, TOKEN_SHORT or TOKENS_EQUAL.
 */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { host = "127.0.0.1", port = DEFAULT_API_PORT, clock = hostClock() } = options;
  const loopback = isLoopback(host);
  const { tokens = NO_TOKENS, rate = {} } = options;
  if (!loopback && tokens.view === null && tokens.operate === null) throw tokenMissing(host);
  const door = new Door({ clock, loopback, tokens, rate });
  const audience = new Audience(options.boards, clock, { ...VIEWER_LIMITS, ...options.limits });
  const files = existsSync(options.dashboardDir) ? sirv(options.dashboardDir, { etag: true, dotfiles: false }) : null;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_INBOUND_BYTES, perMessageDeflate: false, clientTracking: false });
  const gather = new Gather(clock);
  let refusedClients = 0;
  const counters = () => ({ ...audience.counters(), refusedClients });
  const tallies = new Map(options.boards.map((board) => [board, tallyOf(board.hub)]));
  const fleet = (board: ApiBoard): FleetSource => ({
    snapshot: board.hub.snapshot(),
    wallMs: clock.wallMs(),
    tally: tallies.get(board) as Tally,
  });
  const context: RouteContext = {
    ...options,
    wallMs: () => clock.wallMs(),
    fleet,
    metricsText: () =>
      metricsText(
        options.boards.map((board) => ({
          ...fleet(board),
          tally: tallies.get(board) as Tally,
          viewers: audience.of(board).counters(),
          publisher: board.publisherCounters?.() ?? null,
        })),
        { refusedClients, store: options.storeCounters?.() ?? null, process: processFigures() },
      ),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    drain(request);
    const found = findRoute(request);
    const admission = door.admit(request, found !== null && "route" in found ? found.route.needs : "view");
    for (const [name, value] of Object.entries(admission.headers)) response.setHeader(name, value);
    if (!admission.admitted) return sendProblem(response, admission.problem);
    if (found === null) return serveFile(request, response);
    await sendAnswer(request, response, await answerOf(found, context));
  };
  /** What another upgrade came with: the offer may be ignored (RFC 9110, 7.8). Some clients offer HTTP/2 with whatever they ask. */
  const answerInstead = async (request: IncomingMessage, socket: Socket): Promise<void> => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("finish", () => socket.end());
    await answer(request, response).catch((error) => sendProblem(response, problemOf(error, 500, "Internal error")));
  };
  const serveFile = (request: IncomingMessage, response: ServerResponse): void => {
    if (files === null) sendProblem(response, notFound("The dashboard is not built.", "Run `npm run build`; the API works meanwhile."));
    else files(request, response, () => sendProblem(response, notFound("There is no such page.", "The dashboard is at /.")));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => sendProblem(response, problemOf(error, 500, "Internal error")));
  });
  server.headersTimeout = 5000;
  server.requestTimeout = 10_000;
  server.maxConnections = MOST_CONNECTIONS;
  const connections = new Map<string, number>();
  server.on("connection", (socket) => {
    const from = socket.remoteAddress ?? "";
    const open = (connections.get(from) ?? 0) + 1;
    // The host's own programs may have all of them: one that is mad is found there. Others leave room for the next.
    if (open > MOST_CONNECTIONS_EACH && !isLoopback(from.replace("::ffff:", ""))) return void socket.destroy();
    connections.set(from, open);
    socket.once("close", () => {
      const left = (connections.get(from) ?? 1) - 1;
      if (left === 0) connections.delete(from);
      else connections.set(from, left);
    });
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (request.headers.upgrade?.toLowerCase() !== "websocket") {
      answerInstead(request, socket as Socket).catch(() => socket.destroy());
      return;
    }
    const admission = door.admit(request, "view");
    const asked = admission.admitted ? wantedOf(request, options.boards, audience) : admission.problem;
    if ("status" in asked) {
      refusedClients++;
      return refuseSocket(socket, asked, admission);
    }
    const viewers = audience.of(asked.board);
    sockets.handleUpgrade(request, socket, head, (client) => viewers.add(gather.socket(client, socket), asked.heard));
  });

  const leave = async (graceMs: number) => {
    for (const tally of tallies.values()) tally.stop();
    await audience.close(graceMs);
  };
  try {
    await listen(server, host, port);
  } catch (error) {
    await leave(0);
    throw listenError(error, host, port);
  }
  const [first, ...others] = options.boards;
  const fleetSocket = await openFleetSocket(options, () => [fleet(first), ...others.map(fleet)]).catch(async (error: unknown) => {
    server.close();
    await leave(0);
    throw error;
  });
  const bound = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${bound.port}`,
    port: bound.port,
    fleetPort: fleetSocket?.port ?? null,
    counters,
    async close() {
      await fleetSocket?.close();
      const closed = new Promise((resolve) => server.close(resolve));
      await leave(CLOSE_GRACE_MS);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function openFleetSocket({ fleetSocket = null }: ApiOptions, fleet: () => FleetSources): Promise<FleetSocket | null> {
  return fleetSocket === null ? null : startFleetSocket(fleetSocket, fleet);
}

function processFigures(): DaemonSource["process"] {
  const { user, system } = process.cpuUsage();
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}

/** A body without a length that does not end is cut. */
function drain(request: IncomingMessage): void {
  let bytes = 0;
  request.on("data", (part: Buffer) => {
    bytes += part.length;
    if (bytes > MOST_DRAINED_BYTES) request.destroy();
  });
}

function tokenMissing(host: string): TelemetryError {
  const hint = "Set api.viewTokenFile or api.operateTokenFile, or listen at 127.0.0.1. A token: openssl rand -hex 24";
  return new TelemetryError("TOKEN_MISSING", `${host} can be reached from elsewhere, and no token is asked of anyone.`, hint, { host });
}

/** /ws?board=..&instance=..&seq=..: which board, and what the client heard of it last. A problem when there is no such thing, or no place left. */
function wantedOf(
  { url = "/" }: IncomingMessage,
  boards: ApiBoards,
  audience: Audience,
): { readonly board: ApiBoard; readonly heard: Heard | null } | Problem {
  if (url.split("?")[0] !== "/ws") return notFound("There is no WebSocket here.", "It is at /ws.");
  const { searchParams } = new URL(url, "http://daemon");
  const name = searchParams.get("board") ?? undefined;
  const board = chosenBoard(boards, name);
  if (board === null) return noBoard(boards, name ?? "");
  if (!audience.isFull) return { board, heard: heardIn(searchParams) };
  const detail = "As many viewers as the daemon serves are connected.";
  return { status: 503, title: "Too many viewers", detail, code: "VIEWERS_FULL", hint: "Close another dashboard and try again." };
}

function heardIn(asked: URLSearchParams): Heard | null {
  const instance = asked.get("instance");
  const seq = asked.get("seq") ?? "";
  return instance === null || !/^\d{1,15}$/.test(seq) ? null : { instance, seq: Number(seq) };
}

function refuseSocket(socket: Duplex, problem: Problem, { headers }: Admission): void {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  // A client that never closes its side must not hold up close().
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
