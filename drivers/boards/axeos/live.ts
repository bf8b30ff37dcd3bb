/** WS /api/ws/live: the whole state at first, then each 500 ms what changed. specs/bm1366.md 6.2 */
import { WebSocket } from "ws";
import { z } from "zod";
import { DriverError } from "../../../common/errors.ts";
import type { MinerAddress } from "./address.ts";
import { parseReply } from "./http.ts";
import { type AxeOsInfo, axeOsInfo } from "./info.ts";

const update = z.object({ event: z.string().max(64), data: z.record(z.string().max(64), z.unknown()) });
const MESSAGE_BYTES = 64 * 1024;
const KEYS = 512;

export interface LiveOptions {
  readonly signal?: AbortSignal;
  /** Longest silence, ms: a miner that is alive says something each 500 ms. */
  readonly silenceMs?: number;
  readonly openMs?: number;
}

/**
 * States as they come; ends when `signal` is aborted. DriverError AXEOS_UNREACHABLE, AXEOS_BUSY (ten clients are its limit), AXEOS_REPLY, AXEOS_SILENT,
 * AXEOS_CLOSED. A reader slower than the miner gets the newest state only.
 */
export async function* liveStates({ host, port }: MinerAddress, options: LiveOptions = {}): AsyncGenerator<AxeOsInfo, void, void> {
  const { signal, silenceMs = 10_000, openMs = 5000 } = options;
  const context = { host, port };
  const name = host.includes(":") ? `[${host}]` : host;
  const socket = new WebSocket(`ws://${name}:${port}/api/ws/live`, {
    handshakeTimeout: openMs,
    maxPayload: MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const state: Record<string, unknown> = Object.create(null);
  let newest: AxeOsInfo | null = null;
  let end: DriverError | "aborted" | null = null;
  let wake = () => {};
  const stop = (why: DriverError | "aborted") => {
    end ??= why;
    wake();
  };
  let silence: NodeJS.Timeout | undefined;
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(() => stop(silent(host, silenceMs, context)), silenceMs);
  };
  const onAbort = () => stop("aborted");
  socket
    .on("open", listen)
    .on("unexpected-response", (_, response) => stop(refused(host, response.statusCode ?? 0, context)))
    .on("error", (cause) => stop(unreachable(host, cause, context)))
    .on("close", () => stop(closed(host, context)))
    .on("message", (message) => {
      listen();
      try {
        const { event, data } = parseReply(String(message), update, "live update");
        if (event !== "update") return;
        Object.assign(state, data);
        if (Object.keys(state).length > KEYS)
          throw new DriverError("AXEOS_REPLY", `The miner's state has more than ${KEYS} keys.`, "Is it AxeOS?", context);
        newest = parseReply(JSON.stringify(state), axeOsInfo, "system info");
        wake();
      } catch (error) {
        stop(error as DriverError);
      }
    });
  if (signal?.aborted) stop("aborted");
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    while (true) {
      if (newest === null && end === null)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (newest !== null) {
        const state = newest;
        newest = null;
        yield state;
      } else if (end === "aborted") return;
      else if (end !== null) throw end;
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener("abort", onAbort);
    socket.removeAllListeners().on("error", () => {});
    socket.terminate();
  }
}

const unreachable = (host: string, cause: Error, context: Record<string, unknown>) =>
  new DriverError(
    "AXEOS_UNREACHABLE",
    `${host} could not be listened to (${cause.message}).`,
    "Check address, power and network.",
    context,
    cause,
  );
const closed = (host: string, context: Record<string, unknown>) =>
  new DriverError("AXEOS_CLOSED", `${host} ended the connection.`, "It may have restarted: listen again.", context);
const silent = (host: string, ms: number, context: Record<string, unknown>) =>
  new DriverError(
    "AXEOS_SILENT",
    `${host} said nothing for ${ms} ms.`,
    "It may be out of the radio's reach, or hang: look at it, then listen again.",
    context,
  );
const refused = (host: string, status: number, context: Record<string, unknown>) =>
  status === 429
    ? new DriverError("AXEOS_BUSY", `${host} has ten listeners already.`, "Close a browser window that shows it.", context)
    : new DriverError(
        "AXEOS_UNREACHABLE",
        `${host} has no live channel (status ${status}).`,
        "Its firmware may be too old: watch it with --poll.",
        {
          ...context,
          status,
        },
      );
