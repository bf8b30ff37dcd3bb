import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../settle/checkpoint.ts";
import type { Settled } from "../settle/claim.ts";
import { folderBook } from "../settle/evidence/book.ts";
import { trace } from "../settle/evidence/trace.ts";
import { reportRecordings } from "../settle/flawed-sets.ts";
import { Recordings } from "../settle/recordings.ts";
import { claimsNamed } from "../settle/registry.ts";
import { keptRehearsals, withRehearsals } from "../settle/rehearsal/kept.ts";
import { planHashOf, reportOf, type SettleReport } from "../settle/report/report.ts";
import { settle } from "../settle/settle.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { REPORT_FILES, scoreIn, writeReport } from "./settle-files.ts";
import { table } from "./table.ts";

/** Settles rows and writes the report; 1 when one of them has no answer with what is at hand. */
export async function settleCommand(
  claims: string[],
  options: { data?: string; seed: number; out: string; json?: boolean },
): Promise<number> {
  const rows = claimsNamed(claims);
  const { seed, out } = options;
  const data = options.data === undefined ? null : path.resolve(options.data);
  return run(
    { planHash: planHashOf(rows, seed), names: rows.map(({ name }) => name), seed, data, settled: [] },
    out,
    options.json === true,
  );
}

/**
 * Goes on with what settleCommand began; rows whose evidence is no longer what it was are measured again. ConfigError PLAN_CHANGED when the rows or their code are
 * not those it began with.
 */
export async function settleResumeCommand({ out, json }: { out: string; json?: boolean }): Promise<number> {
  const checkpoint = readCheckpoint(out);
  if (planHashOf(claimsNamed(checkpoint.names), checkpoint.seed) !== checkpoint.planHash)
    throw new ConfigError(
      "PLAN_CHANGED",
      `The run in ${out} was begun with other rows or another version.`,
      "Begin a new one with `settle`.",
      { out },
    );
  const folders = { out, data: checkpoint.data };
  const kept = checkpoint.settled.filter(({ evidence }) => evidence.every((piece) => trace(piece, folders).state === "as it was"));
  return run({ ...checkpoint, settled: kept }, out, json === true);
}

async function run(begun: Checkpoint, out: string, json: boolean): Promise<number> {
  const rows = claimsNamed(begun.names);
  const recordings = begun.data === null ? null : new Recordings(begun.data);
  const line = new ProgressLine();
  const settled: Settled[] = [...begun.settled];
  const save = () => writeCheckpoint(out, { ...begun, settled });
  save();
  const progress = (label: string, done: number, total: number) => line.show(label, done, total);
  const claims = await settle(
    rows,
    { recordings, seed: begun.seed, evidence: folderBook(out), progress },
    {
      done: begun.settled,
      onSettled: (one) => {
        settled.push(one);
        save();
      },
    },
  );
  line.clear();
  const rehearsed = withRehearsals(claims, keptRehearsals(out));
  const report = reportOf(rows, rehearsed, begun.seed, recordings && (await reportRecordings(recordings)), scoreIn(out));
  writeReport(out, report);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : render(report, out));
  return report.verdicts["not testable with these data"] === 0 ? EXIT.good : EXIT.no;
}

function render({ claims, recordings, verdicts }: SettleReport, out: string): string {
  const rows = claims.map(({ row, name, published, origin, verdict }) => [String(row), name, published, origin ?? "–", verdict]);
  const refused = (recordings?.flawed ?? []).map(
    ({ file, refused }) => `${file}: ${refused.length > 0 ? `refused, ${refused.join("; ")}` : "nothing to refuse"}`,
  );
  const off = (recordings?.capture?.rows ?? []).filter(([, ours, stated]) => stated !== null && stated !== ours);
  return [
    table(["row", "claim", "published", "origin", "verdict"], rows),
    "",
    ...refused,
    ...(recordings?.capture
      ? [
          off.length === 0
            ? "The capture is what its README says."
            : `The capture differs from its README in: ${off.map(([name]) => name).join(", ")}.`,
        ]
      : []),
    ...(claims.length === 1 ? [(claims[0] as Settled).because] : []),
    Object.entries(verdicts)
      .map(([answer, count]) => `${count} ${answer}`)
      .join(", "),
    `${path.join(out, REPORT_FILES.html)}, ${path.join(out, REPORT_FILES.json)}`,
    "",
  ].join("\n");
}
