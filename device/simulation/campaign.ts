/** Many seeds, one after another, and what came of each fault. */
import { FAULTS, type FaultLayer, type FaultName, faultOf } from "../../twin/index.ts";
import { type Scenario, scenarioOf, type Wanted } from "./scenario.ts";
import { type SimulationOutcome, simulate } from "./simulation.ts";

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
  readonly events: number;
  readonly nonces: number;
  readonly committedRows: number;
  readonly faults: readonly FaultSummary[];
}

export interface CampaignOptions extends Wanted {
  readonly from: number;
  readonly seeds: number;
  onSeed(outcome: SimulationOutcome, done: number): void;
}

/** Seeds from, from + 1, ... in order. Failures are outcomes; rejects only when the simulation itself is at fault. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignSummary> {
  const outcomes: SimulationOutcome[] = [];
  for (let at = 0; at < options.seeds; at++) {
    const outcome = await simulate(scenarioOf(options.from + at, options));
    outcomes.push(outcome);
    options.onSeed(outcome, at + 1);
  }
  return summaryOf(outcomes);
}

export function summaryOf(outcomes: readonly SimulationOutcome[]): CampaignSummary {
  const sum = (of: (outcome: SimulationOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    seeds: outcomes.length,
    ran: outcomes.filter(({ ran }) => ran).length,
    failed: outcomes.filter(({ violations }) => violations.length > 0),
    virtualMs: sum(({ virtualMs }) => virtualMs),
    events: sum(({ events }) => events),
    nonces: sum(({ nonces }) => nonces),
    committedRows: sum(({ committedRows }) => committedRows),
    faults: (Object.keys(FAULTS) as FaultName[]).map((fault) => faultSummary(fault, outcomes)).filter(({ seeds }) => seeds > 0),
  };
}

function faultSummary(fault: FaultName, outcomes: readonly SimulationOutcome[]): FaultSummary {
  const struck = outcomes.filter(({ faults }) => faults.some(({ spec }) => spec.name === fault));
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
export function replayCommand({ seed, board, durationMs }: Scenario): string {
  return `./asic-reservoir simulate --seed ${seed} --board ${board} --minutes ${durationMs / 60_000} --log seed-${seed}.log`;
}
