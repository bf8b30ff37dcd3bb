/** `asic-reservoir simulate`: the whole daemon on twins in virtual time, seed by seed, with everything going wrong. */
import { createWriteStream } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import type { TwinBoard } from "../../twin/index.ts";
import { type CampaignSummary, replayCommand, runCampaign } from "../simulation/campaign.ts";
import { type Coverage, PLACES } from "../simulation/coverage.ts";
import type { SimulationOutcome } from "../simulation/outcome.ts";
import { type StrikeBy, scenarioOf, type Wanted } from "../simulation/scenario.ts";
import { simulate } from "../simulation/simulation.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { table } from "./table.ts";

export interface SimulateOptions {
  seeds?: number;
  /** Of virtual time; seeds follow until they have been lived. */
  hours?: number;
  from: number;
  /** One seed alone. */
  seed?: number;
  board?: TwinBoard;
  minutes: number;
  difficulty?: number;
  strike?: StrikeBy;
  boards?: number;
  orders?: boolean;
  results?: string;
  log?: string;
  json?: boolean;
}

export async function simulateCommand(options: SimulateOptions): Promise<number> {
  if (options.log !== undefined && options.seed === undefined)
    throw new ConfigError("BAD_OPTION", "--log is the log of one run.", "Give the run's --seed with it.");
  return options.seed === undefined ? many(options) : one(options.seed, options);
}

function wantedBy({ board, minutes, difficulty: ticketDifficulty, strike, boards, orders }: SimulateOptions): Wanted {
  return { board: board ?? null, minutes, ticketDifficulty, strike, boards, orders };
}

const USUAL_SEEDS = 20;
const MS_PER_HOUR = 3_600_000;

async function many(options: SimulateOptions): Promise<number> {
  const line = new ProgressLine();
  const { from, hours, results } = options;
  const seeds = options.seeds ?? (hours === undefined ? USUAL_SEEDS : Number.POSITIVE_INFINITY);
  let failed = 0;
  let wholeHours = 0;
  const summary = await runCampaign({
    ...wantedBy(options),
    from,
    seeds,
    virtualMs: hours === undefined ? Number.POSITIVE_INFINITY : hours * MS_PER_HOUR,
    // A simulation works in a folder of its own.
    file: results === undefined ? null : path.resolve(results),
    onSeed: (outcome, { seeds: done, virtualMs }) => {
      if (outcome.violations.length > 0) {
        failed++;
        if (!options.json) line.say(failureText(outcome));
      }
      if (hours === undefined) {
        line.show(`${done} of ${seeds} seeds, ${failed} failed`, done, seeds);
        return;
      }
      const lived = virtualMs / MS_PER_HOUR;
      const label = `${lived.toFixed(1)} of ${hours} h, ${done} seeds, ${failed} failed`;
      if (Math.floor(lived) > wholeHours) line.say(label);
      wholeHours = Math.floor(lived);
      line.show(label, lived, hours);
    },
  });
  line.clear();
  process.stdout.write(options.json ? `${JSON.stringify(campaignJson(summary))}\n` : campaignText(summary));
  return summary.failed.length === 0 ? EXIT.good : EXIT.no;
}

async function one(seed: number, options: SimulateOptions): Promise<number> {
  const { log } = options;
  // A simulation works in a folder of its own.
  const stream = log === undefined ? null : createWriteStream(path.resolve(log));
  const outcome = await simulate(scenarioOf(seed, wantedBy(options)), {
    ...(stream ? { write: (line) => void stream.write(line) } : {}),
  });
  if (stream) await new Promise<void>((resolve) => stream.end(resolve));
  process.stdout.write(options.json ? `${JSON.stringify(outcome)}\n` : outcomeText(outcome));
  return outcome.violations.length === 0 ? EXIT.good : EXIT.no;
}

const timeText = (ms: number): string =>
  ms < 2 * MS_PER_HOUR ? `${(ms / 60_000).toFixed(0)} minutes` : `${(ms / MS_PER_HOUR).toFixed(1)} hours`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function outcomeText(outcome: SimulationOutcome): string {
  const { scenario, faults, endState, neighbours, virtualMs, events, nonces, committedRows, fingerprint, msToSafe, violations } = outcome;
  const board = scenario.board === "s9" ? `s9, ${scenario.chips} chips` : `bitaxe-ultra ${scenario.variant}`;
  return [
    `Seed ${scenario.seed} on ${board} (origin: twin): ${seconds(virtualMs)} of virtual time, ended ${endState}.`,
    ...faults.map(({ spec, noticed, struckIn }) => {
      if (struckIn === null) return `  ${spec.name}: its moment never came`;
      const until = spec.untilMs === undefined ? "the end" : seconds(spec.untilMs);
      return `  ${spec.name}${spec.value === undefined ? "" : ` ${+spec.value.toPrecision(4)}`} from ${seconds(spec.atMs ?? 0)} (${struckIn}) to ${until}: ${noticed ? "noticed" : "not noticed"}`;
    }),
    ...neighbours.map(({ name, endState: end, ran }) => `  ${name} beside it ${ran ? "came to hash" : "never hashed"}, ended ${end}.`),
    ...(scenario.orders === undefined
      ? []
      : [`  ${scenario.orders.length} orders drawn: ${scenario.orders.map(({ name }) => name).join(", ")}`]),
    ...(scenario.emergencyOffAtMs === null ? [] : [`  emergency-off pressed at ${seconds(scenario.emergencyOffAtMs)}`]),
    ...(msToSafe === null ? [] : [`  safe ${msToSafe.toFixed(0)} ms after the daemon's fault`]),
    `${events} events, ${nonces} nonces verified again, ${committedRows} committed rows checked.`,
    `Fingerprint ${fingerprint}`,
    ...violations.map(({ rule, atNs, what }) => `BROKEN ${rule} at ${seconds(atNs / 1e6)}: ${what}`),
    "",
  ].join("\n");
}

function failureText({ scenario, violations }: SimulationOutcome): string {
  return [
    `seed ${scenario.seed}:`,
    ...violations.map(({ rule, atNs, what }) => `  ${rule} at ${seconds(atNs / 1e6)}: ${what.split("\n")[0]}`),
    `  ${replayCommand(scenario)}`,
  ].join("\n");
}

function campaignText(summary: CampaignSummary): string {
  const rows = summary.faults.map(({ fault, seeds, noticed, safe, worstMsToSafe, failures }) => [
    fault,
    String(seeds),
    String(noticed),
    String(safe),
    worstMsToSafe === null ? "–" : worstMsToSafe.toFixed(0),
    String(failures),
  ]);
  const { seeds, ran, failed, virtualMs, runningMs, events, nonces, committedRows } = summary;
  return [
    table(["fault", "seeds", "noticed", "safe", "worst ms to safe", "failures"], rows),
    "",
    "Where each struck:",
    coverageText(summary.coverage),
    "",
    `${seeds} seeds (${ran} came to hash), ${timeText(virtualMs)} of virtual time (origin: twin), ${timeText(runningMs)} of it running, ${events} events;`,
    `${nonces} nonces verified again, ${committedRows} committed rows checked; ${failed.length} seeds failed.`,
    ...failed.map(({ scenario }) => replayCommand(scenario)),
    "",
  ].join("\n");
}

function coverageText(coverage: Coverage): string {
  const rows = Object.entries(coverage).map(([fault, of]) => [
    fault,
    ...PLACES.map((place) => (of[place] === 0 ? "–" : String(of[place]))),
  ]);
  return table(["fault", ...PLACES], rows);
}

function campaignJson({ failed, ...rest }: CampaignSummary) {
  return {
    ...rest,
    failed: failed.map(({ scenario, violations, fingerprint }) => ({
      seed: scenario.seed,
      violations,
      fingerprint,
      replay: replayCommand(scenario),
    })),
  };
}
