import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import type { Origin } from "../../common/origin.ts";
import { sha256Hex } from "../../twin/planted/seal.ts";
import { type BlindFile, blindFile, blindOrigin, blindRecordings } from "../settle/blind/files.ts";
import { BLIND_ALPHA, type BlindAnswer, blindAnswer } from "../settle/blind/instrument.ts";
import { keyOf, refuseTwice } from "../settle/blind/keys.ts";
import { type AnsweredFile, effectText, type Rate, type ScoreCard, scoreBlind } from "../settle/blind/score.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { BLIND_FILES, rewriteReport } from "./settle-files.ts";
import { table } from "./table.ts";

interface AnsweredSet {
  readonly folder: string;
  readonly origin: Origin;
  readonly answers: readonly AnsweredFile[];
}

/** Answers for every recording of the folders, without the key. The file's hash is printed: published, it fixes the answers. */
export async function settleBlindCommand(folders: readonly string[], { out, json }: { out: string; json?: boolean }): Promise<number> {
  const line = new ProgressLine();
  const found = folders.map((folder) => ({ folder, recordings: blindRecordings(folder) }));
  const total = found.reduce((sum, { recordings }) => sum + recordings.length, 0);
  const sets: AnsweredSet[] = [];
  let done = 0;
  for (const { folder, recordings } of found) {
    const answers: AnsweredFile[] = [];
    for (const recording of recordings) {
      line.show("recordings without their key", done++, total);
      answers.push(answered(await blindFile(folder, recording)));
    }
    sets.push({ folder: path.resolve(folder), origin: blindOrigin(folder), answers });
  }
  line.clear();
  const text = `${JSON.stringify({ sets }, null, 1)}\n`;
  mkdirSync(out, { recursive: true });
  const file = path.join(out, BLIND_FILES.answers);
  writeFileSync(file, text);
  const sha256 = sha256Hex(text);
  process.stdout.write(json ? `${JSON.stringify({ file, sha256, sets })}\n` : renderAnswers(sets, file, sha256));
  return EXIT.good;
}

function answered({ recording, sha256, driveSha256, read }: BlindFile): AnsweredFile {
  if ("problem" in read) return { recording, sha256, driveSha256, answer: null, problem: read.problem, remarks: [] };
  const answer = blindAnswer(read.observed);
  return { recording, sha256, driveSha256, answer, problem: answer === null ? NO_TEST : null, remarks: read.remarks };
}

/** What "nothing" leaves open: of each test the least strength that it would have found in 95 of 100 such recordings. */
const couldFind = ({ tests }: BlindAnswer) =>
  `of ${tests.map(({ name, least }) => (least === null ? `${name} unknown` : `${name} ${least.toFixed(2)}`)).join(", ")} or more`;

const NO_TEST = "No answer: it holds nothing that one of the tests could look at.";

function renderAnswers(sets: readonly AnsweredSet[], file: string, sha256: string): string {
  const all = sets.flatMap(({ answers }) => answers);
  const planted = all.filter(({ answer }) => answer?.planted === true).length;
  const without = all.filter(({ answer }) => answer === null).length;
  const row = ({ recording, answer, problem, remarks }: AnsweredFile) => [
    recording,
    answer === null ? "no answer" : answer.planted ? "planted" : "nothing",
    answer === null ? "" : answer.pValue.toPrecision(2),
    [answer === null ? problem : answer.planted ? answer.strongest : couldFind(answer), ...remarks].filter(Boolean).join("; "),
  ];
  return [
    ...sets.map(
      ({ folder, origin, answers }) => `${folder} (origin: ${origin})\n${table(["recording", "answer", "p", ""], answers.map(row))}`,
    ),
    `${all.length} recordings, at level ${BLIND_ALPHA}: something in ${planted}, nothing found in ${all.length - planted - without}, ${without} without an answer.`,
    `${file}\nsha256 ${sha256}: publish it before the key is opened.\n`,
  ].join("\n");
}

/** Opens the keys with whichever secret fits, and scores; 1 when false positives are surely more than the level. RecordingError SET_CHANGED, SEAL_BROKEN; ConfigError NO_ANSWERS. */
export function settleScoreCommand({ secret, out, json }: { secret: string[]; out: string; json?: boolean }): number {
  const file = path.join(out, BLIND_FILES.answers);
  if (!existsSync(file)) throw new ConfigError("NO_ANSWERS", `There is no ${file}.`, "Answer first: settle --blind DIR.", { file });
  const text = readFileSync(file, "utf8");
  const { sets } = JSON.parse(text) as { sets: AnsweredSet[] };
  const opened = sets.map(({ folder, answers }) => ({ folder, answers, ...keyOf(folder, secret, answers) }));
  refuseTwice(opened);
  const card = {
    ...scoreBlind(opened.map(({ answers, answer }) => ({ answers, key: answer }))),
    answersSha256: sha256Hex(text),
    commitments: opened.map(({ commitment }) => commitment),
    origins: [...new Set(sets.map(({ origin }) => origin))],
  };
  writeFileSync(path.join(out, BLIND_FILES.score), `${JSON.stringify(card, null, 1)}\n`);
  rewriteReport(out);
  process.stdout.write(json ? `${JSON.stringify(card)}\n` : render(card));
  return card.falsePositives.interval[0] <= card.alpha ? EXIT.good : EXIT.no;
}

function render({
  files,
  unanswered,
  alpha,
  falsePositives,
  falsePositivesAt,
  falsePositivesBy,
  planted,
  power,
  calibration,
  answersSha256,
  origins,
}: ScoreCard): string {
  const rateText = ({ found, files: of, interval }: Rate) => [`${found} of ${of}`, interval.map((bound) => bound.toFixed(3)).join(" to ")];
  return [
    `${files} recordings (origin: ${origins.join(" and ")}), level ${alpha}${unanswered > 0 ? `, ${unanswered} without an answer` : ""}`,
    table(
      ["", "found", "95 %"],
      [
        ["nulls", ...rateText(falsePositives)],
        ...falsePositivesBy.map((one) => [`nulls of ${effectText(one)}`, ...rateText(one)]),
        ["planted", ...rateText(planted)],
        ...power.map((one) => [`${effectText(one)} ${one.strength}`, ...rateText(one)]),
      ],
    ),
    `nulls at other levels: ${falsePositivesAt.map((one) => `${one.found} at ${one.alpha}`).join(", ")}`,
    calibration === null
      ? "No nulls: nothing is known of false alarms."
      : `p-values of the nulls against uniform: KS distance ${calibration.distance.toFixed(3)}, p ${calibration.pValue.toFixed(3)}`,
    `answers sha256 ${answersSha256}: it must be the one that was published before the key was opened.`,
    "",
  ].join("\n");
}
