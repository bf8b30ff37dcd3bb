/** An S9 with its maker's firmware, or another's, behind cgminer's API: written from the API's document and published answers alone. */
import { createServer, type Socket } from "node:net";
import type { Clock } from "../../common/clock.ts";
import { TwinError } from "../../common/errors.ts";
import { gaussian, splitmix64 } from "../../common/random.ts";
import { listening } from "./listening.ts";
import { MINER_KINDS } from "./miner-kinds.ts";
import { mineFor, type Pool } from "./pool-miner.ts";
import { type PathFaults, WirelessPath } from "./wireless-path.ts";

export const CGMINER_FAULTS = {
  "cut-answer": "sends three quarters of an answer and hangs up",
  "clean-json": "leaves no comma out, as newer firmware",
  "stale-telemetry": "answers with one old state, its uptime included",
  "ignore-settings": "says that it set, and does not",
  "restart-on-set": "its program starts anew when it is set",
  "keep-open": "does not hang up after an answer",
  silent: "takes connections and says nothing",
  hot: "its chips are at 108 C",
  garbage: "answers with something else",
} as const;
export type CgminerFault = keyof typeof CGMINER_FAULTS;

/** TwinError FAULT_UNKNOWN. */
export function parseCgminerFault(name: string): CgminerFault {
  if (Object.hasOwn(CGMINER_FAULTS, name)) return name as CgminerFault;
  throw new TwinError(
    "FAULT_UNKNOWN",
    `A twin of a miner with cgminer's API has no fault "${name}".`,
    `Choose from ${Object.keys(CGMINER_FAULTS).join(", ")}.`,
    { name },
  );
}

/** stock: tells, and cannot be set. open: has ascset for frequency and voltage, and devdetails, as firmware of others. */
export type S9Firmware = "stock" | "open";

export interface CgminerTwinOptions {
  readonly clock: Clock;
  readonly listen: { readonly host: string; readonly port: number };
  readonly path: PathFaults;
  readonly firmware?: S9Firmware;
  readonly faults?: readonly CgminerFault[];
  readonly seed?: number;
  /** Where it mines, in real time; absent: nowhere. */
  readonly pool?: Pool;
}

const CHAINS = [6, 7, 8];
const CHIPS = 63;
/** specs/bm1387.md: 114 cores a chip, one hash a clock each. */
const GHS_PER_MHZ = (CHIPS * 114) / 1000;
/** Since its start when the twin begins. */
const RUNNING_S = 3600;
/** GUESS: what the program needs to come back. */
const RESTART_S = 20;

export class CgminerMiner {
  readonly faults = new Set<CgminerFault>();
  sharesAccepted = 0;
  sharesRejected = 0;
  readonly #firmware: S9Firmware;
  readonly #deviate: () => number;
  readonly #frequencyMhz = CHAINS.map(() => 650);
  readonly #voltageV = CHAINS.map(() => 8.8);
  #startedNs: bigint;
  #frozen = new Map<string, string>();

  constructor(firmware: S9Firmware, seed: number, nowNs: bigint) {
    this.#firmware = firmware;
    this.#deviate = gaussian(splitmix64(seed));
    this.#startedNs = nowNs - BigInt(RUNNING_S * 1e9);
  }

  get hashRateHs(): number {
    return this.#frequencyMhz.reduce((sum, mhz) => sum + mhz * GHS_PER_MHZ * 1e9, 0);
  }

  /** Its program is starting. */
  isDown(nowNs: bigint): boolean {
    return nowNs < this.#startedNs;
  }

  /** The answer to what came, as bytes on the line; null: none. */
  answer(request: string, nowNs: bigint): string | null {
    if (this.faults.has("silent") || this.isDown(nowNs)) return null;
    if (this.faults.has("garbage")) return "220 ftp ready\r\n";
    let command = "";
    let parameter = "";
    try {
      const said = JSON.parse(request) as { command?: unknown; parameter?: unknown };
      command = String(said.command);
      parameter = String(said.parameter ?? "");
    } catch {
      return this.#status(nowNs, "E", 23, "Invalid JSON");
    }
    const told = ["summary", "stats", "devdetails"].includes(command);
    if (!this.faults.has("stale-telemetry")) this.#frozen.clear();
    const known = told ? this.#frozen.get(command) : undefined;
    const text = known ?? this.#answerTo(command, parameter, nowNs);
    if (told && this.faults.has("stale-telemetry")) this.#frozen.set(command, text);
    return this.faults.has("cut-answer") ? text.slice(0, (text.length * 3) / 4) : text;
  }

  #answerTo(command: string, parameter: string, nowNs: bigint): string {
    switch (command) {
      case "version":
        return this.#sections(nowNs, 22, "CGMiner versions", "VERSION", [
          { BMMiner: "2.0.0", API: "3.1", Miner: "twin", CompileTime: "", Type: "Antminer S9", origin: "twin" },
        ]);
      case "summary":
        return this.#sections(nowNs, 11, "Summary", "SUMMARY", [this.#summary(nowNs)]);
      case "stats":
        return this.#sections(nowNs, 70, "BMMiner stats", "STATS", [
          { BMMiner: "2.0.0", Miner: "twin", Type: "Antminer S9" },
          this.#stats(nowNs),
        ]);
      case "devdetails":
        if (this.#firmware === "stock") return this.#status(nowNs, "E", 45, "Access denied to 'devdetails' command");
        return this.#sections(
          nowNs,
          69,
          "Device Details",
          "DEVDETAILS",
          CHAINS.map((ID, i) => ({ DEVDETAILS: i, Name: "BC5", ID, Frequency: this.#frequencyMhz[i], Voltage: this.#voltageV[i] })),
        );
      case "check": {
        const open = parameter !== "ascset" || this.#firmware === "open";
        return this.#sections(nowNs, 72, "Check command", "CHECK", [{ Exists: "Y", Access: open ? "Y" : "N" }]);
      }
      case "ascset":
        return this.#ascset(parameter, nowNs);
      default:
        return this.#status(nowNs, "E", 14, "Invalid command");
    }
  }

  #ascset(parameter: string, nowNs: bigint): string {
    if (this.#firmware === "stock") return this.#status(nowNs, "E", 45, "Access denied to 'ascset' command");
    const [device = "", option, value = ""] = parameter.split(",");
    const chain = Number(device);
    if (!(chain >= 0 && chain < CHAINS.length)) return this.#status(nowNs, "E", 107, `Invalid ASC id ${device}`);
    if (option === "help") return this.#status(nowNs, "I", 118, `ASC ${device} set help: freq: range 200-900, volt: range 7.95-9.4`);
    const number = Number(value);
    const good = (option === "freq" && number >= 200 && number <= 900) || (option === "volt" && number >= 7.95 && number <= 9.4);
    if (!good) return this.#status(nowNs, "E", 120, `ASC ${device} set failed: invalid ${option}`);
    if (!this.faults.has("ignore-settings")) (option === "freq" ? this.#frequencyMhz : this.#voltageV)[chain] = number;
    if (this.faults.has("restart-on-set")) this.#startedNs = nowNs + BigInt(RESTART_S * 1e9);
    return this.#status(nowNs, "S", 119, `ASC ${device} set OK`);
  }

  #uptimeS(nowNs: bigint): number {
    return Math.floor(Number(nowNs - this.#startedNs) / 1e9);
  }

  #rates(): number[] {
    return this.#frequencyMhz.map((mhz) => mhz * GHS_PER_MHZ * (1 + 0.01 * this.#deviate()));
  }

  #summary(nowNs: bigint): Record<string, unknown> {
    const rate = this.#rates().reduce((sum, each) => sum + each, 0);
    return {
      Elapsed: this.#uptimeS(nowNs),
      // As text, as the maker's program has it.
      "GHS 5s": rate.toFixed(2),
      "GHS av": Number(rate.toFixed(2)),
      Accepted: `  ${this.sharesAccepted}.0000`,
      Rejected: this.sharesRejected,
      Stale: 0,
      "Hardware Errors": 17,
    };
  }

  #stats(nowNs: bigint): Record<string, unknown> {
    const said: Record<string, unknown> = {
      STATS: 0,
      ID: "BC50",
      Elapsed: this.#uptimeS(nowNs),
      miner_count: CHAINS.length,
      frequency: String(this.#frequencyMhz[0]),
      fan_num: 2,
      fan1: 0,
      fan3: 5880,
      fan6: 5640,
    };
    const rates = this.#rates();
    for (let chain = 1; chain <= 16; chain++) {
      const i = CHAINS.indexOf(chain);
      const chipTempC = this.faults.has("hot") ? 108 : 86;
      said[`temp${chain}`] = i < 0 ? 0 : 71;
      said[`temp2_${chain}`] = i < 0 ? 0 : chipTempC;
      said[`freq_avg${chain}`] = i < 0 ? 0 : this.#frequencyMhz[i];
      said[`chain_acn${chain}`] = i < 0 ? 0 : CHIPS;
      said[`chain_acs${chain}`] = i < 0 ? "" : ` ${"oooooooo ".repeat(8)}`.slice(0, 71);
      said[`chain_hw${chain}`] = i < 0 ? 0 : 5;
      said[`chain_rate${chain}`] = i < 0 ? "" : (rates[i] as number).toFixed(2);
    }
    return said;
  }

  #head(nowNs: bigint, letter: string, code: number, message: string): Record<string, unknown> {
    return {
      STATUS: letter,
      When: Math.floor(Number(nowNs / 1_000_000_000n)),
      Code: code,
      Msg: message,
      Description: "twin-bmminer 1.0.0",
    };
  }

  #status(nowNs: bigint, letter: string, code: number, message: string): string {
    return `${JSON.stringify({ STATUS: [this.#head(nowNs, letter, code, message)], id: 1 })}\0`;
  }

  #sections(nowNs: bigint, code: number, message: string, name: string, objects: readonly unknown[]): string {
    // The comma that is missing between two objects, in `stats` alone.
    const between = name === "STATS" && !this.faults.has("clean-json") ? "" : ",";
    const status = JSON.stringify([this.#head(nowNs, "S", code, message)]);
    return `{"STATUS":${status},"${name}":[${objects.map((each) => JSON.stringify(each)).join(between)}],"id":1}\0`;
  }
}

export interface CgminerTwin {
  readonly miner: CgminerMiner;
  readonly port: number;
  stop(): Promise<void>;
}

const REQUEST_BYTES = 4096;

/** Resolves when it answers. TwinError TWIN_LISTEN, OPTION_OUT_OF_RANGE. */
export async function startCgminerTwin(options: CgminerTwinOptions): Promise<CgminerTwin> {
  const { clock, listen, path, firmware = "stock", faults = [], seed = 1, pool } = options;
  const miner = new CgminerMiner(firmware, seed, clock.nowNs());
  for (const fault of faults) miner.faults.add(fault);
  const way = new WirelessPath(path, splitmix64(seed));
  const sockets = new Set<Socket>();
  const stopped = new AbortController();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket
      .on("close", () => sockets.delete(socket))
      .on("error", () => {})
      // The API takes what one read gives as the command.
      .on("data", (part: Buffer) => {
        const nowNs = clock.nowNs();
        const text = miner.answer(part.toString("utf8").slice(0, REQUEST_BYTES).replace(/\0.*$/s, ""), nowNs);
        if (text === null) return;
        const waitMs = Math.max(0, Number(way.arrivalNs(way.arrivalNs(nowNs)) - nowNs) / 1e6);
        clock.sleep(waitMs, stopped.signal).then(
          () => void (miner.faults.has("keep-open") ? socket.write(text) : socket.end(text)),
          () => {},
        );
      });
  });
  await listening(server, listen);
  const stopMining =
    pool === undefined
      ? () => {}
      : mineFor(
          pool,
          { ...MINER_KINDS.s9, agent: "twin-cgminer-s9/1", path },
          {
            hashRateHs: () => miner.hashRateHs,
            isDown: () => miner.isDown(clock.nowNs()),
            onAnswers: (accepted, refused) => {
              miner.sharesAccepted += accepted;
              miner.sharesRejected += refused;
            },
          },
        );
  const address = server.address();
  return {
    miner,
    port: typeof address === "object" && address !== null ? address.port : 0,
    async stop() {
      stopMining();
      stopped.abort();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
