/** One command to cgminer's API and its answer: a connection each, which the miner ends. */
import { connect } from "node:net";
import { z } from "zod";
import { DriverError } from "../../../common/errors.ts";
import { parseBounded } from "../../stratum/bounded-json.ts";
import { type Mended, mend } from "./mend.ts";

export interface ApiAddress {
  readonly host: string;
  readonly port: number;
}

export interface ApiLimits {
  /** From connecting until the miner has hung up, ms: an S9 takes up to a second. */
  readonly timeoutMs: number;
  readonly replyBytes: number;
  readonly depth: number;
}
export const API_LIMITS: ApiLimits = { timeoutMs: 5000, replyBytes: 256 * 1024, depth: 8 };

/** Success, information, warning, error, fatal: the STATUS of every answer. */
const status = z.object({
  STATUS: z.enum(["S", "I", "W", "E", "F"]),
  Code: z.number().optional(),
  Msg: z.string().max(4096).default(""),
  Description: z.string().max(256).optional(),
});
const envelope = z.looseObject({ STATUS: z.array(status).min(1) });

export interface ApiAnswer {
  readonly status: z.output<typeof status>;
  /** The answer's sections by name. */
  readonly sections: Readonly<Record<string, unknown>>;
  readonly mended: Mended["mended"];
}

const HINT_REACH = "Check address and power, and that the miner's API listens to this host (api-listen, api-allow).";

/** DriverError STOCK_MINER_UNREACHABLE, STOCK_MINER_TIMEOUT, STOCK_MINER_CUT, STOCK_MINER_REPLY. An answer that says "error" is no error here. */
export async function ask(
  address: ApiAddress,
  command: string,
  parameter: string | null = null,
  limits: ApiLimits = API_LIMITS,
): Promise<ApiAnswer> {
  const context = { ...address, command };
  const request = JSON.stringify(parameter === null ? { command } : { command, parameter });
  const raw = await exchange(address, request, limits, context);
  const { text, mended, isCut } = mend(raw);
  if (isCut)
    throw new DriverError(
      "STOCK_MINER_CUT",
      `The answer to ${command} was cut off after ${raw.length} bytes.`,
      "Ask again. If it is always cut, the firmware's buffer is too small for it: ask for less, or update it.",
      { ...context, bytes: raw.length },
    );
  const parsed = parseBounded(text, limits.depth);
  if ("fault" in parsed) throw notAnAnswer(command, parsed.fault === "too-deep" ? "nested too deeply" : "no JSON, even mended", context);
  const checked = envelope.safeParse(parsed.value);
  if (!checked.success) throw notAnAnswer(command, "without a STATUS", context);
  const { STATUS, ...sections } = checked.data;
  return { status: STATUS[0] as ApiAnswer["status"], sections, mended };
}

export function notAnAnswer(command: string, what: string, context: Record<string, unknown>): DriverError {
  return new DriverError(
    "STOCK_MINER_REPLY",
    `The answer to ${command} is ${what}.`,
    "Is it a miner with cgminer's API? Its web page says which firmware it has.",
    context,
  );
}

function exchange({ host, port }: ApiAddress, request: string, limits: ApiLimits, context: Record<string, unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const socket = connect({ host, port });
    const end = (act: () => void) => {
      clearTimeout(timer);
      socket.removeAllListeners().on("error", () => {});
      socket.destroy();
      act();
    };
    const said = () => Buffer.concat(parts).toString("utf8");
    const timer = setTimeout(
      () =>
        end(() =>
          reject(
            new DriverError("STOCK_MINER_TIMEOUT", `${host}:${port} took longer than ${limits.timeoutMs} ms.`, HINT_REACH, {
              ...context,
              bytes,
            }),
          ),
        ),
      limits.timeoutMs,
    );
    socket
      .on("connect", () => socket.write(request))
      .on("data", (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytes > limits.replyBytes)
          end(() => reject(notAnAnswer(String(context.command), `more than ${limits.replyBytes} bytes`, context)));
        // Some firmwares keep the connection; the zero byte is the end of the answer all the same.
        else if (part.at(-1) === 0) end(() => resolve(said()));
      })
      .on("end", () => end(() => resolve(said())))
      .on("error", (cause: NodeJS.ErrnoException) =>
        end(() =>
          reject(
            new DriverError(
              "STOCK_MINER_UNREACHABLE",
              `${host}:${port} could not be asked (${cause.code ?? cause.message}).`,
              HINT_REACH,
              context,
              cause,
            ),
          ),
        ),
      );
  });
}
