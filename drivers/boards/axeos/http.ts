/** One request to a miner's HTTP server, with an end to everything: its time, its reply's size, its depth. */
import { request as httpRequest } from "node:http";
import type { z } from "zod";
import { DriverError } from "../../../common/errors.ts";
import { parseBounded } from "../../stratum/bounded-json.ts";
import type { MinerAddress } from "./address.ts";

export interface HttpLimits {
  /** For the whole exchange, from connecting to the last byte, ms. */
  readonly timeoutMs: number;
  /** A full /api/system/info is 4 KB; statistics of 720 rows are 100 KB. */
  readonly replyBytes: number;
  readonly depth: number;
}

export const HTTP_LIMITS: HttpLimits = { timeoutMs: 5000, replyBytes: 1024 * 1024, depth: 8 };

export interface MinerRequest {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

const HINT_REACH = "Check the miner's address and power, and that this host is in its network; over WiFi, try again.";

/** The body of a 200. DriverError AXEOS_UNREACHABLE, AXEOS_TIMEOUT, AXEOS_DENIED, AXEOS_REFUSED, AXEOS_REPLY. */
export function exchange(address: MinerAddress, { method, path, body }: MinerRequest, limits: HttpLimits = HTTP_LIMITS): Promise<string> {
  const { host, port } = address;
  const context = { host, port, method, path };
  const payload = body === undefined ? null : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const headers = payload === null ? {} : { "content-type": "application/json", "content-length": payload.length };
    const request = httpRequest({ host, port, method, path, headers, agent: false });
    const fail = (error: DriverError) => {
      clearTimeout(timer);
      reject(error);
      request.destroy();
    };
    const timer = setTimeout(
      () =>
        fail(
          new DriverError(
            "AXEOS_TIMEOUT",
            `${host}:${port} took longer than ${limits.timeoutMs} ms for ${method} ${path}.`,
            HINT_REACH,
            context,
          ),
        ),
      limits.timeoutMs,
    );
    const broken = (cause: Error) => {
      // Something answers that is no web server.
      const isHttp = !codeOf(cause).startsWith("HPE_");
      const message = `${host}:${port} could not be asked (${codeOf(cause)}).`;
      fail(isHttp ? new DriverError("AXEOS_UNREACHABLE", message, HINT_REACH, context, cause) : badReply("no HTTP", context));
    };
    request.on("error", broken).on("response", (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response
        .on("error", broken)
        .on("data", (part: Buffer) => {
          bytes += part.length;
          parts.push(part);
          if (bytes > limits.replyBytes) fail(badReply(`more than ${limits.replyBytes} bytes`, context));
        })
        .on("end", () => {
          clearTimeout(timer);
          const text = Buffer.concat(parts).toString("utf8");
          const status = response.statusCode ?? 0;
          if (status === 200) resolve(text);
          else reject(statusError(status, text, context));
        });
    });
    request.end(payload);
  });
}

/** A reply as what it should be; `shape` names it. DriverError AXEOS_REPLY. */
export function parseReply<T>(text: string, schema: z.ZodType<T>, shape: string, limits: HttpLimits = HTTP_LIMITS): T {
  const parsed = parseBounded(text, limits.depth);
  if ("fault" in parsed) throw badReply(parsed.fault === "too-deep" ? "nested too deeply" : "no JSON", { shape, begin: text.slice(0, 80) });
  const checked = schema.safeParse(parsed.value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw badReply(`no ${shape}: ${issue?.path.join(".") || "the whole"} is wrong (${issue?.message ?? "unknown"})`, { shape });
}

function badReply(what: string, context: Record<string, unknown>): DriverError {
  return new DriverError(
    "AXEOS_REPLY",
    `The miner's answer is ${what}.`,
    "Is it AxeOS? Open the address in a browser; update the firmware if it is.",
    context,
  );
}

function statusError(status: number, text: string, context: Record<string, unknown>): DriverError {
  const said = text.trim().slice(0, 120);
  if (status === 401)
    return new DriverError(
      "AXEOS_DENIED",
      "The miner answers only hosts of its own private network.",
      "Ask from an address of 10/8, 172.16/12 or 192.168/16 (specs/bm1366.md 6.1).",
      context,
    );
  return new DriverError(
    "AXEOS_REFUSED",
    `The miner refused with ${status}${said === "" ? "" : ` (${said})`}.`,
    "Nothing was applied. Read the reason; another firmware may not know this request.",
    { ...context, status },
  );
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? error.message;
