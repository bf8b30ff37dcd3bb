/** A running API with a hub and a store of known content, and clients to ask it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { allocateNonces } from "../../common/nonce-batch.ts";
import { createHub, type Hub } from "../hub.ts";
import type { ServerMessage } from "../messages.ts";
import type { ApiBoard } from "./api-board.ts";
import { type Api, type ApiOptions, startApi } from "./server.ts";

export const emptyStore: ApiOptions["store"] = {
  path: "none.db",
  nonceRows: async () => allocateNonces(0),
  listRuns: async () => [],
  run: async () => null,
  results: async () => [],
  nonceChunks: async () => [],
};

export interface Running {
  /** Of the first board, which is called bench. */
  readonly hub: Hub;
  /** Of all boards. */
  readonly hubs: readonly [Hub, ...Hub[]];
  readonly api: Api;
}

export interface RunOptions extends Partial<Omit<ApiOptions, "boards">>, Partial<Pick<ApiBoard, "emergencyOff" | "publisherCounters">> {
  /** Names of further boards. */
  readonly others?: readonly string[];
  /** Of further boards, by name. */
  readonly othersOff?: (name: string) => Promise<void>;
}

/** On a free loopback port, closed when the test ends. The dashboard is one page; a secret lies beside its folder. */
export async function runApi(options: RunOptions = {}): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), "asic-api-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dashboardDir = join(folder, "dashboard");
  mkdirSync(dashboardDir);
  writeFileSync(join(dashboardDir, "index.html"), "<!doctype html><title>rig</title>");
  writeFileSync(join(folder, "secret.txt"), "secret");
  const { emergencyOff = async () => undefined, publisherCounters, others = [], othersOff = async () => undefined, ...rest } = options;
  const hubOf = (rig: string) => createHub({ rig, origin: "twin", software: "0.1.0", startedWallMs: 1 });
  const first: ApiBoard = { hub: hubOf("bench"), emergencyOff, ...(publisherCounters ? { publisherCounters } : {}) };
  const further = others.map((name): ApiBoard => ({ hub: hubOf(name), emergencyOff: () => othersOff(name) }));
  const api = await startApi({ boards: [first, ...further], store: emptyStore, port: 0, dashboardDir, ...rest });
  onTestFinished(() => api.close());
  return { hub: first.hub, hubs: [first.hub, ...further.map(({ hub }) => hub)], api };
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): unknown;
}

/** A request with the path exactly as given: fetch would tidy `..` away. */
export function ask(api: Api, path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: api.port, path, agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) }),
      );
    });
    asking.on("error", reject);
    asking.end();
  });
}

export interface TestViewer {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[];
  readonly frames: Uint8Array[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

/** Connected, and whatever it hears is kept. Rejects when the daemon refuses. */
export function view(api: Api, headers: Record<string, string> = {}, path = "/ws"): Promise<TestViewer> {
  const socket = new WebSocket(`ws://127.0.0.1:${api.port}${path}`, { headers });
  onTestFinished(() => socket.terminate());
  const messages: ServerMessage[] = [];
  const frames: Uint8Array[] = [];
  socket.on("message", (bytes: Buffer, isBinary: boolean) => {
    if (isBinary) frames.push(new Uint8Array(bytes));
    else messages.push(JSON.parse(bytes.toString()) as ServerMessage);
  });
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => resolve({ socket, messages, frames, closed }));
  });
}
