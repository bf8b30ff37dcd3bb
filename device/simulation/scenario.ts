/** What a seed stands for: a board, what it is to do, for how long, and what goes wrong meanwhile. */
import { type Random, splitmix64 } from "../../common/random.ts";
import { drawFaults, type FaultName, type FaultSpec, type TwinBoard } from "../../twin/index.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { drawNeighbours } from "./neighbours.ts";
import { drawOrders, type Order } from "./operator-order.ts";
import { drawStrikes, type Strike } from "./strikes.ts";

/** What concerns one board. */
export interface BoardScenario {
  readonly board: TwinBoard;
  /** Of a Bitaxe: with DS4432U and INA260, or with TPS546. */
  readonly variant: "205" | "207";
  readonly chips: number;
  readonly workScale: number;
  readonly faults: readonly FaultSpec[];
  /** Those that wait for what the daemon does; absent: none. */
  readonly strikes?: readonly Strike[];
  readonly plan: Config["plan"];
}

/** The first board's, and what all have in common. */
export interface Scenario extends BoardScenario {
  readonly seed: number;
  /** From which difficulty chips report a nonce; absent: the board's own. */
  readonly ticketDifficulty?: number | undefined;
  readonly durationMs: number;
  /** More boards of the same daemon; absent: there is one alone. */
  readonly neighbours?: readonly BoardScenario[];
  /** What the daemon is asked to do; absent: nothing, and it listens to no commands. */
  readonly orders?: readonly Order[];
  /** After a fault a person comes and clears what latched; absent: nobody does. */
  readonly person?: Person;
  /** A person presses emergency-off then; null when nobody does. */
  readonly emergencyOffAtMs: number | null;
}

export interface Person {
  readonly afterMs: number;
  /** Ends the daemon and starts it again, also where clearing would do. */
  readonly restarts: boolean;
}

export interface Wanted {
  /** null draws one. */
  readonly board: TwinBoard | null;
  readonly minutes: number;
  /** Absent: the board's own. */
  readonly ticketDifficulty?: number | undefined;
  /** Faults at times drawn evenly (the default), or at moments of the daemon's life, in pairs and again and again, with a person who clears what latched. */
  readonly strike?: StrikeBy | undefined;
  /** How many boards the daemon has; absent: one. */
  readonly boards?: number | undefined;
  /** Draws orders as well. */
  readonly orders?: boolean | undefined;
}

export const STRIKE_BY = ["clock", "moment"] as const;
export type StrikeBy = (typeof STRIKE_BY)[number];

/** Enough for every rule of a chain, and few enough for speed. */
const S9_CHIPS = 3;
/** What a twin leaves out of its search at the board's own difficulty: zero bits enough for a hash to be judged by, few enough to be quick. */
const WORK_SCALE: Readonly<Record<TwinBoard, number>> = { "bitaxe-ultra": 24, s9: 28 };
/** A search that is left out nearly whole would find nothing at its own time: as many bits at the most. */
const LARGEST_WORK_SCALE = 30;
/** Faults of one run, at least one. */
const MOST_FAULTS = 3;
const S9_SHARE = 0.25;
const EMERGENCY_SHARE = 0.1;
/** A person is quick now and then, and else takes a while. */
const PERSON_MS = [300, 20_000] as const;
/** Where the table's spread around its default would hide what takes longer: leases that run out, watchdogs that bite. Drawn evenly by logarithm. */
const WIDER_MS: Partial<Record<FaultName, readonly [number, number]>> = { killed: [100, 40_000], "event-loop-blocked": [20, 20_000] };

/** The same seed and wishes, the same scenario. */
export function scenarioOf(seed: number, wanted: Wanted): Scenario {
  const { boards = 1, orders = false, strike = "clock", ticketDifficulty } = wanted;
  const scenario = boardScenarioOf(seed, wanted);
  const { durationMs } = scenario;
  const shape = (board: TwinBoard) => ({ chips: chipsOf(board), workScale: workScaleAt(board, ticketDifficulty) });
  return {
    ...scenario,
    ...(boards === 1 ? {} : { neighbours: drawNeighbours({ seed, count: boards - 1, durationMs, strike, shape }) }),
    ...(orders ? { orders: drawOrders(seed, durationMs, boards) } : {}),
  };
}

function chipsOf(board: TwinBoard): number {
  return board === "s9" ? S9_CHIPS : 1;
}

function boardScenarioOf(seed: number, { board: wanted, minutes, ticketDifficulty, strike = "clock" }: Wanted): Scenario {
  const random = splitmix64(BigInt(seed) * 2n + 1n);
  const s9 = random.next() < S9_SHARE;
  const board = wanted ?? (s9 ? "s9" : "bitaxe-ultra");
  const durationMs = minutes * 60_000;
  const chips = chipsOf(board);
  const count = 1 + Math.floor(random.next() * MOST_FAULTS);
  const [plan, variant, emergency, emergencyAt] = [random.next(), random.next(), random.next(), random.next()];
  const scenario: Scenario = {
    seed,
    board,
    variant: variant < 0.5 ? "205" : "207",
    chips,
    workScale: workScaleAt(board, ticketDifficulty),
    ticketDifficulty,
    durationMs,
    faults: drawFaults(seed, board, durationMs, count, undefined, chips).map((spec) => widened(spec, random)),
    emergencyOffAtMs: emergency < EMERGENCY_SHARE ? Math.floor(emergencyAt * durationMs) : null,
    plan: plan < 0.5 ? [] : ["sweep"],
  };
  if (strike === "clock") return scenario;
  return {
    ...scenario,
    faults: [],
    strikes: drawStrikes({ seed, board, chips }).map((each) => widened(each, random)),
    person: { afterMs: Math.round(PERSON_MS[0] * (PERSON_MS[1] / PERSON_MS[0]) ** random.next()), restarts: random.next() < 0.5 },
  };
}

/** Fewer hashes are good enough at a higher difficulty: so many fewer need to be tried. */
function workScaleAt(board: TwinBoard, ticketDifficulty: number | undefined): number {
  if (ticketDifficulty === undefined || board === "s9") return WORK_SCALE[board];
  return Math.min(LARGEST_WORK_SCALE, WORK_SCALE[board] + Math.floor(Math.log2(ticketDifficulty)));
}

function widened<T extends Pick<FaultSpec, "name" | "value">>(spec: T, random: Random): T {
  const range = WIDER_MS[spec.name];
  const draw = random.next();
  if (range === undefined) return spec;
  return { ...spec, value: Math.round(range[0] * (range[1] / range[0]) ** draw) };
}

/** Rigs by board, in order. */
export function boardNamesOf({ neighbours = [] }: Pick<Scenario, "neighbours">): string[] {
  return ["a", ...neighbours.map((_, at) => String.fromCharCode("b".charCodeAt(0) + at))];
}

/** A configuration file as people write it. */
export interface ConfigDocument extends Record<string, unknown> {
  readonly boards?: readonly Record<string, unknown>[];
}

/** The daemon's configuration for a scenario; `storePath` is a file that no other run writes to. */
export function documentOf(scenario: Scenario, storePath: string): ConfigDocument {
  const { seed, neighbours = [], orders } = scenario;
  const names = boardNamesOf(scenario);
  const all = {
    rig: "simulated",
    origin: "twin",
    jobs: { seed },
    store: { path: storePath },
    mqtt: { url: "mqtt://broker.virtual:1883", ...(orders === undefined ? {} : { commands: "operate" }) },
  };
  if (neighbours.length === 0) {
    const { wiring, ...own } = boardDocumentOf(scenario, "virtual", scenario.ticketDifficulty);
    return { ...all, ...own, board: wiring };
  }
  const boards = [scenario, ...neighbours].map((each, at) => {
    const name = names[at] as string;
    const { wiring, ...own } = boardDocumentOf(each, name, scenario.ticketDifficulty);
    return { name, ...wiring, ...own };
  });
  return { ...all, boards };
}

export function configOf(scenario: Scenario, storePath: string): Config {
  return configSchema.parse(documentOf(scenario, storePath));
}

function boardDocumentOf({ board, chips, workScale, plan }: BoardScenario, ports: string, ticketDifficulty: number | undefined) {
  const kind = board === "s9" ? "s9-hashboard" : "bitaxe-ultra";
  return {
    wiring: { kind, control: `${ports}/control`, data: `${ports}/data`, chips, workScale },
    setPoint: ticketDifficulty === undefined ? {} : { ticketDifficulty },
    plan: [...plan],
    sweep: {
      ...(board === "s9"
        ? { coreVoltageMv: [8600, 8800], frequencyMhz: [400, 600] }
        : { coreVoltageMv: [1150, 1200], frequencyMhz: [450, 500] }),
      // Runs are short: points are counted whether or not they have settled.
      settle: { mostMs: 500 },
    },
  };
}
