/** Many seeds, one after another, and what came of each fault. */
import { ConfigError } from "../../common/errors.ts";
import { FAULTS, type FaultLayer, type FaultName, faultOf } from "../../twin/index.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { appendLine, mendLines, readLines } from "./line-file.ts";
import type { SimulationOutcome } from "./outcome.ts";
import { type Scenario, scenarioOf, type Wanted } from "./scenario.ts";
import { simulate } from "./simulation.ts";

export interface FaultSummary {
  readonly fault: FaultName;
  readonly layer: FaultLayer;
  /** Seeds in which it struck, alone or with others. */
  readonly seeds: number;
  /** Of these: the daemon warned or went into fault from then on, before it was asked to stop. */
  readonly noticed: number;
  /** The board ended in its safe state, or was left to a watchdog of its own that did its work. */
  readonly safe: number;
  /** Longest time from a daemon's fault to a safe board, ms; null when there was none. */
  readonly worstMsToSafe: number | null;
  /** Seeds in which an invariant was broken. */
  readonly failures: number;
}

export interface CampaignSummary {
  readonly seeds: number;
  /** Seeds in which chips came to hash at the set-point. */
  readonly ran: number;
  readonly failed: readonly SimulationOutcome[];
  readonly virtualMs: number;
  readonly runningMs: number;
  readonly events: number;
  readonly nonces: number;
  readonly committedRows: number;
  readonly faults: readonly FaultSummary[];
  readonly coverage: Coverage;
}

export interface CampaignOptions extends Wanted {
  readonly from: number;
  /** At most so many; Infinity: until `virtualMs` have been lived. */
  readonly seeds: number;
  readonly virtualMs: number;
  /** Keeps each outcome, one line of JSON; a seed whose outcome is in it is not run again. null: nothing is kept. */
  readonly file: string | null;
  onSeed(outcome: SimulationOutcome, progress: CampaignProgress): void;
}

export interface CampaignProgress {
  readonly seeds: number;
  readonly virtualMs: number;
  /** The outcome was in the file. */
  readonly kept: boolean;
}

/**
 * Seeds from, from + 1, ... in order. Failures are outcomes; rejects only when the simulation itself is at fault, or with ConfigError
 * SIMULATION_UNREADABLE.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignSummary> {
  const { from, seeds, file } = options;
  const kept = file === null ? new Map<string, SimulationOutcome>() : outcomesIn(file);
  const outcomes: SimulationOutcome[] = [];
  for (let virtualMs = 0; outcomes.length < seeds && virtualMs < options.virtualMs; ) {
    const scenario = scenarioOf(from + outcomes.length, options);
    const before = kept.get(keyOf(scenario));
    const outcome = before ?? (await simulate(scenario));
    if (file !== null && before === undefined) appendLine(file, { origin: "twin", ...outcome });
    outcomes.push(outcome);
    virtualMs += outcome.virtualMs;
    options.onSeed(outcome, { seeds: outcomes.length, virtualMs, kept: before !== undefined });
  }
  return summaryOf(outcomes);
}

function outcomesIn(file: string): Map<string, SimulationOutcome> {
  mendLines(file);
  const outcomes = readLines<SimulationOutcome>(
    file,
    (line) =>
      new ConfigError("SIMULATION_UNREADABLE", `Line ${line} of ${file} is no outcome of a simulation.`, "Give another file.", { file }),
  );
  return new Map(outcomes.map((outcome) => [keyOf(outcome.scenario), outcome]));
}

/** Whatever a seed is drawn for is in its scenario. */
function keyOf(scenario: Scenario): string {
  return JSON.stringify(scenario);
}

export function summaryOf(outcomes: readonly SimulationOutcome[]): CampaignSummary {
  const sum = (of: (outcome: SimulationOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    seeds: outcomes.length,
    ran: outcomes.filter(({ ran }) => ran).length,
    failed: outcomes.filter(({ violations }) => violations.length > 0),
    virtualMs: sum(({ virtualMs }) => virtualMs),
    runningMs: sum(({ runningMs }) => runningMs),
    events: sum(({ events }) => events),
    nonces: sum(({ nonces }) => nonces),
    committedRows: sum(({ committedRows }) => committedRows),
    faults: (Object.keys(FAULTS) as FaultName[]).map((fault) => faultSummary(fault, outcomes)).filter(({ seeds }) => seeds > 0),
    coverage: coverageOf(outcomes.flatMap(({ faults }) => faults)),
  };
}

function faultSummary(fault: FaultName, outcomes: readonly SimulationOutcome[]): FaultSummary {
  const struck = outcomes.filter(({ faults }) => faults.some(({ spec, struckIn }) => spec.name === fault && struckIn !== null));
  const times = struck.map(({ msToSafe }) => msToSafe).filter((ms) => ms !== null);
  return {
    fault,
    layer: faultOf(fault).layer,
    seeds: struck.length,
    noticed: struck.filter(({ faults }) => faults.some(({ spec, noticed }) => spec.name === fault && noticed)).length,
    safe: struck.filter(({ endedSafe }) => endedSafe).length,
    worstMsToSafe: times.length === 0 ? null : Math.max(...times),
    failures: struck.filter(({ violations }) => violations.length > 0).length,
  };
}

/** The command that runs a scenario again, and writes down what happened. */
export function replayCommand({ seed, board, durationMs, ticketDifficulty, strikes, neighbours, orders }: Scenario): string {
  const difficulty = ticketDifficulty === undefined ? "" : ` --difficulty ${ticketDifficulty}`;
  const strike = strikes === undefined ? "" : " --strike moment";
  const more = `${neighbours === undefined ? "" : ` --boards ${neighbours.length + 1}`}${orders === undefined ? "" : " --orders"}`;
  return `./asic-reservoir simulate --seed ${seed} --board ${board} --minutes ${durationMs / 60_000}${difficulty}${strike}${more} --log seed-${seed}.log`;
}
