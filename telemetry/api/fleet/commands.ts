/**
 * The commands of cgminer's API that only read, as JSON. Names of fields and codes of messages are cgminer's (its API-README and the replies of
 * miners in the field); `Origin` is ours.
 */
import { chipModel, type FleetSource, type FleetSources, uptimeS } from "./facts.ts";
import { joined } from "./joined.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Command {
  /** The key of the reply's section. */
  readonly section: string;
  readonly code: number;
  readonly message: (rows: number) => string;
  rows(boards: FleetSources): readonly Fields[];
}

const CODES = { invalidCommand: 14, invalidJson: 23, missingCommand: 24 } as const;
const API_VERSION = "3.7";
/** A client joins commands with +; ours are five. */
const MOST_JOINED = 8;

const megahashes = (ghs: number | null) => (ghs === null ? null : ghs * 1000);

function rates(source: FleetSource): Fields {
  const { snapshot, tally } = source;
  const { valid, invalid } = tally.nonces;
  const judged = valid + invalid;
  const nowMhs = megahashes(snapshot.readings?.hashRateGhs ?? null);
  return {
    "MHS av": megahashes(tally.meanHashRateGhs),
    "MHS 5s": nowMhs,
    "GHS av": tally.meanHashRateGhs,
    "GHS 5s": snapshot.readings?.hashRateGhs ?? null,
    Accepted: 0,
    Rejected: 0,
    "Hardware Errors": invalid,
    "Device Hardware%": judged === 0 ? 0 : (100 * invalid) / judged,
    Origin: snapshot.origin,
  };
}

const COMMANDS: Readonly<Record<string, Command>> = {
  summary: {
    section: "SUMMARY",
    code: 11,
    message: () => "Summary",
    rows(boards) {
      const all = joined(boards);
      return [{ Elapsed: uptimeS(all), ...rates(all), Stale: all.tally.nonces.stale, "Best Share": all.tally.bestDifficulty }];
    },
  },
  devs: {
    section: "DEVS",
    code: 9,
    message: (rows) => `${rows} ASC(s)`,
    rows: (boards) =>
      boards.flatMap((source, at) => {
        const { snapshot } = source;
        if (snapshot.board === null) return [];
        const isAlive = snapshot.state === "running" || snapshot.state === "energised";
        return [
          {
            ASC: at,
            Name: chipModel(snapshot),
            ID: at,
            Enabled: "Y",
            Status: snapshot.state === "fault" ? "Sick" : isAlive ? "Alive" : "NoStart",
            Temperature: snapshot.readings?.chipTempC ?? null,
            "Device Elapsed": uptimeS(source),
            ...rates(source),
          },
        ];
      }),
  },
  pools: { section: "POOLS", code: 7, message: (rows) => `${rows} Pool(s)`, rows: () => [] },
  version: {
    section: "VERSION",
    code: 22,
    message: () => "CGMiner versions",
    rows: ([{ snapshot }]) => [
      { CGMiner: snapshot.software, API: API_VERSION, Type: snapshot.board?.model ?? "", Origin: snapshot.origin },
    ],
  },
  stats: {
    section: "STATS",
    code: 70,
    message: () => "CGMiner stats",
    rows: (boards) =>
      boards.map((source, at) => {
        const { board, readings, setPoint, origin } = source.snapshot;
        return {
          STATS: at,
          ID: `${chipModel(source.snapshot)}${at}`,
          Elapsed: uptimeS(source),
          chain_acn1: board?.chips ?? 0,
          freq_avg1: setPoint?.frequencyMhz ?? null,
          voltage1: readings?.coreVoltageMv ?? null,
          temp1: readings?.boardTempC ?? null,
          temp_chip1: readings?.chipTempC ?? null,
          fan1: readings?.fanRpm ?? null,
          chain_power: readings?.powerW ?? null,
          chain_hw1: source.tally.nonces.invalid,
          Origin: origin,
        };
      }),
  },
};

/** The reply to what a client sent. Never throws. */
export function replyTo(request: string, boards: FleetSources): Fields {
  const asked = commandIn(request);
  if (typeof asked === "number") return failed(asked, asked === CODES.invalidJson ? "Invalid JSON" : "Missing JSON 'command'", boards);
  const names = asked.split("+").slice(0, MOST_JOINED);
  if (names.length === 1) return sectionOf(asked, boards);
  return { ...Object.fromEntries(names.map((name) => [name, [sectionOf(name, boards)]])), id: 1 };
}

function commandIn(request: string): string | number {
  let value: unknown;
  try {
    value = JSON.parse(request);
  } catch {
    return CODES.invalidJson;
  }
  const command = typeof value === "object" && value !== null ? Reflect.get(value, "command") : undefined;
  return typeof command === "string" && command !== "" ? command : CODES.missingCommand;
}

function sectionOf(name: string, boards: FleetSources): Fields {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return failed(CODES.invalidCommand, "Invalid command", boards);
  const rows = command.rows(boards);
  return { STATUS: [status("S", command.code, command.message(rows.length), boards)], [command.section]: rows, id: 1 };
}

function failed(code: number, message: string, boards: FleetSources): Fields {
  return { STATUS: [status("E", code, message, boards)], id: 1 };
}

function status(letter: "S" | "E", code: number, message: string, [{ snapshot, wallMs }]: FleetSources): Fields {
  const description = `${snapshot.software} (origin: ${snapshot.origin})`;
  return { STATUS: letter, When: Math.floor(wallMs / 1000), Code: code, Msg: message, Description: description };
}
