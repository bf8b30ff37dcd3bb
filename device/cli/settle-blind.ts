import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ConfigError, RecordingError } from "../../common/errors.ts";
import { ANSWER_FILE } from "../planted/plant-set.ts";
import { type PlantedAnswer, unseal } from "../planted/unseal.ts";
import { blindAnswer } from "../settle/blind/instrument.ts";
import { blindFiles, countBlindFiles } from "../settle/blind/observed.ts";
import { type AnsweredFile, type Rate, type ScoreCard, scoreBlind } from "../settle/blind/score.ts";
import { EXIT } from "./exit.ts";
import { ProgressLine } from "./progress.ts";
import { BLIND_FILES, rewriteReport } from "./settle-files.ts";
import { table } from "./table.ts";

interface AnsweredSet {
  readonly folder: string;
  readonly answers: readonly AnsweredFile[];
}

/** Answers for every recording of the folders, without the key. The file's hash is printed: published, it fixes the answers. */
export function settleBlindCommand(folders: readonly string[], { out, json }: { out: string; json?: boolean }): number {
  const line = new ProgressLine();
  const total = folders.reduce((sum, folder) => sum + countBlindFiles(folder), 0);
  let done = 0;
  const sets = folders.map((folder): AnsweredSet => {
    const answers: AnsweredFile[] = [];
    for (const { recording, sha256, observed } of blindFiles(folder)) {
      line.show("recordings without their key", done++, total);
      answers.push({ recording, sha256, answer: blindAnswer(observed) });
    }
    return { folder: path.resolve(folder), answers };
  });
  line.clear();
  const text = `${JSON.stringify({ origin: "twin", sets }, null, 1)}\n`;
  mkdirSync(out, { recursive: true });
  const file = path.join(out, BLIND_FILES.answers);
  writeFileSync(file, text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const found = sets.flatMap(({ answers }) => answers).filter(({ answer }) => answer?.planted === true).length;
  if (json) process.stdout.write(`${JSON.stringify({ origin: "twin", file, sha256, sets })}\n`);
  else
    process.stdout.write(
      `${done} recordings (origin: twin): something in ${found}.\n${file}\nsha256 ${sha256}: publish it before the key is opened.\n`,
    );
  return EXIT.good;
}

/** Opens the keys with whichever secret fits, and scores; 1 when false positives are surely more than the level. RecordingError SET_CHANGED, SEAL_BROKEN; ConfigError NO_ANSWERS. */
export function settleScoreCommand({ secret, out, json }: { secret: string[]; out: string; json?: boolean }): number {
  const file = path.join(out, BLIND_FILES.answers);
  if (!existsSync(file)) throw new ConfigError("NO_ANSWERS", `There is no ${file}.`, "Answer first: settle --blind DIR.", { file });
  const { sets } = JSON.parse(readFileSync(file, "utf8")) as { sets: AnsweredSet[] };
  const card = scoreBlind(sets.map(({ folder, answers }) => ({ answers, key: keyOf(folder, secret, answers) })));
  writeFileSync(path.join(out, BLIND_FILES.score), `${JSON.stringify(card, null, 1)}\n`);
  rewriteReport(out);
  process.stdout.write(json ? `${JSON.stringify({ origin: "twin", ...card })}\n` : render(card));
  return card.falsePositives.interval[0] <= card.alpha ? EXIT.good : EXIT.no;
}

function keyOf(folder: string, secrets: readonly string[], answers: readonly AnsweredFile[]): PlantedAnswer {
  const sealed = path.join(folder, ANSWER_FILE);
  let broken: unknown = null;
  for (const secret of secrets) {
    try {
      const { answer, files } = unseal(sealed, secret);
      const changed = answers.find(({ recording }) => files[`${recording}.nonces.csv`] !== "as sealed");
      if (changed !== undefined)
        throw new RecordingError(
          "SET_CHANGED",
          `${changed.recording} in ${folder} is not the file that was sealed.`,
          "Answer the sealed files.",
          {
            folder,
          },
        );
      return answer;
    } catch (error) {
      if (!(error instanceof RecordingError) || error.code !== "SEAL_BROKEN") throw error;
      broken = error;
    }
  }
  throw broken;
}

function render({ files, unanswered, alpha, falsePositives, falsePositivesAt, falsePositivesBy, power, calibration }: ScoreCard): string {
  const rateText = ({ found, files: of, interval }: Rate) => [`${found} of ${of}`, interval.map((bound) => bound.toFixed(3)).join(" to ")];
  return [
    `${files} recordings (origin: twin), level ${alpha}${unanswered > 0 ? `, ${unanswered} without an answer` : ""}`,
    table(
      ["", "found", "95 %"],
      [
        ["nulls", ...rateText(falsePositives)],
        ...falsePositivesBy.map((one) => [`nulls of ${one.effect} ${one.kind}`, ...rateText(one)]),
        ...power.map((one) => [`${one.effect} ${one.kind} ${one.strength}`, ...rateText(one)]),
      ],
    ),
    `nulls at other levels: ${falsePositivesAt.map((one) => `${one.found} at ${one.alpha}`).join(", ")}`,
    calibration === null
      ? "No nulls: nothing is known of false alarms."
      : `p-values of the nulls against uniform: KS distance ${calibration.distance.toFixed(3)}, p ${calibration.pValue.toFixed(3)}`,
    "",
  ].join("\n");
}
