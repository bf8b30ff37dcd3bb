/** What a run found out, and by which evidence: from its stored results to rows that a table shows. */
import type { ChipClockView } from "../../../messages.ts";
import { formatCount, formatFixed, formatPValue, UNKNOWN } from "../format.ts";
import { type JsonObject, number, object, objects, pair, text } from "./json.ts";

/** As GET /api/v1/runs/ID/results answers. */
export interface ResultRow {
  readonly runId: number;
  readonly kind: string;
  readonly origin: string;
  readonly wallMs: number;
  readonly value: unknown;
}

export interface EvidenceTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Verdict {
  /** Place of the result among its run's results, from 1. */
  readonly row: number;
  readonly runId: number;
  readonly kind: string;
  readonly origin: string;
  readonly claim: string;
  readonly answer: string;
  /** null: neither shown nor refuted. */
  readonly holds: boolean | null;
  readonly pValue: number | null;
  readonly sentence: string;
  readonly evidence: readonly EvidenceTable[];
}

/** Runs that end with a verdict. */
export const JUDGED_KINDS: readonly string[] = ["narma10", "computes", "experiment", "sweep"];

type Read = (value: JsonObject) => Omit<Verdict, "row" | "runId" | "kind" | "origin">;

const READERS: Readonly<Record<string, Read>> = {
  "narma10-report": narma,
  "computes-report": study,
  "experiment-report": experiment,
  edge,
};

/** The verdicts among a run's results, in their order. */
export function verdictsOf(results: readonly ResultRow[]): Verdict[] {
  return results.flatMap(({ runId, kind, origin, value }, at) => {
    const read = READERS[kind];
    const known = object(value);
    return read === undefined || known === null ? [] : [{ row: at + 1, runId, kind, origin, ...read(known) }];
  });
}

/** The chips' clocks as a run's end left them; null when it did not. */
export function clocksOf(results: readonly ResultRow[]): ChipClockView[] | null {
  const stored = results.findLast(({ kind }) => kind === "chip-clocks");
  if (stored === undefined) return null;
  return objects(object(stored.value)?.chips).map((chip) => ({
    chip: number(chip.chip) ?? 0,
    nonces: number(chip.nonces) ?? 0,
    ppm: number(chip.ppm),
    ppmInterval: pair(chip.ppmInterval),
    jitterNs: number(chip.jitterNs) ?? Number.NaN,
  }));
}

const fixed = (value: unknown, decimals = 3): string => formatFixed(number(value), decimals);
const said = (value: unknown): string => text(value) ?? UNKNOWN;
const yesNo = (value: unknown): string => (value === true ? "yes" : value === false ? "no" : UNKNOWN);

function narma(report: JsonObject): ReturnType<Read> {
  const beats = object(report.beatsTaps) ?? {};
  const input = object(report.beatsInputOnly) ?? {};
  const scores = [object(report.substrate), ...objects(report.controls)].filter((row) => row !== null);
  const excluded = object(report.excluded) ?? {};
  return {
    claim: `NARMA-10: beats ${formatCount(number(beats.taps))} linear taps`,
    answer: yesNo(beats.answer),
    holds: typeof beats.answer === "boolean" ? beats.answer : null,
    pValue: number(beats.pValue),
    sentence: said(report.verdict),
    evidence: [
      {
        title: "Substrate and controls",
        columns: ["readout of", "features", "NRMSE (std)", "RMSE / range"],
        rows: scores.map((row) => [said(row.name), formatCount(number(row.features)), fixed(row.nrmse), fixed(row.rmseOverRange)]),
      },
      {
        title: "Tests",
        columns: ["test", "substrate", "against", "answer", "p"],
        rows: [
          [
            `linear taps (Diebold-Mariano ${fixed(beats.dmStatistic, 2)})`,
            fixed(beats.substrateNrmse),
            fixed(beats.tapsNrmse),
            yesNo(beats.answer),
            formatPValue(number(beats.pValue)),
          ],
          ["u(t) alone", fixed(beats.substrateNrmse), fixed(input.inputNrmse), yesNo(input.answer), formatPValue(number(input.pValue))],
        ],
      },
      {
        title: "Rows",
        columns: ["segment", "steps", "left out"],
        rows: [
          ["train", formatCount(number(report.train)), formatCount(number(excluded.train))],
          ["test", formatCount(number(report.test)), formatCount(number(excluded.test))],
        ],
      },
    ],
  };
}

function study(report: JsonObject): ReturnType<Read> {
  const gain = object(report.gain);
  const interval = pair(gain?.interval);
  const difference = object(report.noDifference);
  return {
    claim: "It computes",
    answer: said(report.answer),
    holds: report.answer === "reproduced" ? true : report.answer === "not testable with these data" ? null : false,
    pValue: number(difference?.pDifferent),
    sentence: said(report.verdict),
    evidence: [
      controlsTable(objects(report.controls)),
      {
        title: "Sessions",
        columns: ["session", "tier", "passes", "rows", "squared error with states / without", "against it"],
        rows: objects(report.sessions).map((session, at) => {
          const useful = object(object(session.usefulness)?.useful);
          const invalid = Array.isArray(session.invalid) ? session.invalid.filter((word) => typeof word === "string") : [];
          return [
            String(at + 1),
            said(session.tier),
            yesNo(session.passes),
            formatCount(number(session.n)),
            fixed(useful?.mseRatio),
            invalid.length === 0 ? "nothing" : invalid.join("; "),
          ];
        }),
      },
      {
        title: "Decided beforehand",
        columns: ["what", "is"],
        rows: [
          ["SHA-256 of the plan", said(report.planHash).slice(0, 16)],
          ["could detect", said(report.could)],
          [
            "ln(squared error with / without)",
            `${fixed(gain?.mean)}, 95 % ${interval === null ? UNKNOWN : interval.map((x) => fixed(x)).join(" to ")}`,
          ],
        ],
      },
    ],
  };
}

function controlsTable(controls: readonly JsonObject[]): EvidenceTable {
  return {
    title: "Controls",
    columns: ["control", "origin", "score", "substrate", "asked", "otherwise", "holds"],
    rows: controls.map((row) => {
      const decimals = row.measure === "sessions" ? 0 : 3;
      return [
        said(row.name),
        said(row.origin),
        fixed(row.score, decimals),
        fixed(row.substrate, decimals),
        said(row.asked),
        said(row.otherwise),
        row.holds === null ? `not run: ${said(row.note)}` : yesNo(row.holds),
      ];
    }),
  };
}

function experiment(report: JsonObject): ReturnType<Read> {
  const nested = object(report.study);
  const scores = objects(report.scores);
  return {
    claim: text(report.question) ?? said(report.name),
    answer: said(report.answer),
    holds: report.answer === "yes" ? true : report.answer === "no" ? false : null,
    pValue: scores.length === 1 ? number(scores[0]?.pValue) : null,
    sentence: said(report.sentence),
    evidence: [
      ...(scores.length === 0
        ? []
        : [
            {
              title: "Seeds",
              columns: ["seed", "NRMSE", "beats", "p", "steps", "invalid"],
              rows: scores.map((score) => [
                formatCount(number(score.seed)),
                fixed(score.nrmse),
                yesNo(score.beats),
                formatPValue(number(score.pValue)),
                formatCount(number(score.steps)),
                formatCount(number(score.invalidSteps)),
              ]),
            },
          ]),
      ...(nested === null ? [] : study(nested).evidence),
    ],
  };
}

function edge(report: JsonObject): ReturnType<Read> {
  const chips = objects(report.chips);
  const placed = chips.filter((chip) => chip.placed === true);
  return {
    claim: `Critical voltages at ${fixed(report.frequencyMhz, 0)} MHz`,
    answer: `${placed.length} of ${chips.length} chips`,
    holds: chips.length === 0 ? null : placed.length === chips.length,
    pValue: null,
    sentence: `Share of ${formatFixed((number(report.share) ?? Number.NaN) * 100, 2)} % wrong answers; ${text(report.why) ?? "every chip was placed"}`,
    evidence: [
      {
        title: "Chips, volts of each",
        columns: ["chip", "critical, mV", "95 %, mV", "set-point, mV"],
        rows: chips.map((chip) => [
          formatCount(number(chip.chip)),
          fixed(chip.criticalMv, 1),
          `${fixed(chip.lowMv, 1)} to ${fixed(chip.highMv, 1)}`,
          fixed(chip.setPointMv, 0),
        ]),
      },
    ],
  };
}
