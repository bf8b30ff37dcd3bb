/** `asic-reservoir simulate`: the whole daemon on twins in virtual time, seed by seed, with everything going wrong. */
import { createWriteStream } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import type { TwinBoard } from "../../twin/index.ts";
import { type CampaignSummary, replayCommand, runCampaign } from "../simulation/campaign.ts";
import { scenarioOf } from "../simulation/scenario.ts";
import { type SimulationOutcome, simulate } from "../simulation/simulation.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { table } from "./table.ts";

export interface SimulateOptions {
  seeds: number;
  from: number;
  /** One seed alone. */
  seed?: number;
  board?: TwinBoard;
  minutes: number;
  log?: string;
  json?: boolean;
}

export async function simulateCommand(options: SimulateOptions): Promise<number> {
  if (options.log !== undefined && options.seed === undefined)
    throw new ConfigError("BAD_OPTION", "--log is the log of one run.", "Give the run's --seed with it.");
  return options.seed === undefined ? many(options) : one(options.seed, options);
}

async function many(options: SimulateOptions): Promise<number> {
  const line = new ProgressLine();
  const { board = null, minutes, from, seeds } = options;
  let failed = 0;
  const summary = await runCampaign({
    board,
    minutes,
    from,
    seeds,
    onSeed: (outcome, done) => {
      if (outcome.violations.length > 0) {
        failed++;
        if (!options.json) line.say(failureText(outcome));
      }
      line.show(`${done} of ${seeds} seeds, ${failed} failed`, done, seeds);
    },
  });
  line.clear();
  process.stdout.write(options.json ? `${JSON.stringify(campaignJson(summary))}\n` : campaignText(summary));
  return summary.failed.length === 0 ? EXIT.good : EXIT.no;
}

async function one(seed: number, options: SimulateOptions): Promise<number> {
  const { board = null, minutes, log } = options;
  // A simulation works in a folder of its own.
  const stream = log === undefined ? null : createWriteStream(path.resolve(log));
  const outcome = await simulate(scenarioOf(seed, { board, minutes }), { ...(stream ? { write: (line) => void stream.write(line) } : {}) });
  if (stream) await new Promise<void>((resolve) => stream.end(resolve));
  process.stdout.write(options.json ? `${JSON.stringify(outcome)}\n` : outcomeText(outcome));
  return outcome.violations.length === 0 ? EXIT.good : EXIT.no;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function outcomeText(outcome: SimulationOutcome): string {
  const { scenario, faults, endState, virtualMs, events, nonces, committedRows, fingerprint, msToSafe, violations } = outcome;
  const board = scenario.board === "s9" ? `s9, ${scenario.chips} chips` : `bitaxe-ultra ${scenario.variant}`;
  return [
    `Seed ${scenario.seed} on ${board} (origin: twin): ${seconds(virtualMs)} of virtual time, ended ${endState}.`,
    ...faults.map(({ spec, noticed }) => {
      const until = spec.untilMs === undefined ? "the end" : seconds(spec.untilMs);
      return `  ${spec.name}${spec.value === undefined ? "" : ` ${+spec.value.toPrecision(4)}`} from ${seconds(spec.atMs ?? 0)} to ${until}: ${noticed ? "noticed" : "not noticed"}`;
    }),
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
  const { seeds, ran, failed, virtualMs, events, nonces, committedRows } = summary;
  return [
    table(["fault", "seeds", "noticed", "safe", "worst ms to safe", "failures"], rows),
    "",
    `${seeds} seeds (${ran} came to hash), ${(virtualMs / 60_000).toFixed(0)} minutes of virtual time (origin: twin), ${events} events;`,
    `${nonces} nonces verified again, ${committedRows} committed rows checked; ${failed.length} seeds failed.`,
    ...failed.map(({ scenario }) => replayCommand(scenario)),
    "",
  ].join("\n");
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
