/** The key of a set that was answered, and only if what was answered is what was sealed: all of it, once, and the same bytes. */
import path from "node:path";
import { RecordingError } from "../../../common/errors.ts";
import { drivenBy } from "../../planted/drive-of-secret.ts";
import { ANSWER_FILE } from "../../planted/plant-set.ts";
import { type PlantedAnswer, unseal } from "../../planted/unseal.ts";
import type { AnsweredFile } from "./score.ts";

export interface OpenedKey {
  readonly answer: PlantedAnswer;
  /** Fixes the key, and was there before it was opened. */
  readonly commitment: string;
}

/** Opens with whichever secret fits. RecordingError SET_CHANGED, SEAL_FORMAT, SEAL_BROKEN. */
export function keyOf(folder: string, secrets: readonly string[], answers: readonly AnsweredFile[]): OpenedKey {
  const file = path.join(folder, ANSWER_FILE);
  let broken: unknown = null;
  // The likely ones first: opening a seal is slow by design, and of many secrets one fits.
  const likely = secrets.filter((secret) => drivenBy(folder, secret));
  for (const secret of [...likely, ...secrets.filter((one) => !likely.includes(one))]) {
    try {
      const { answer, files, sealed } = unseal(file, secret);
      for (const { recording } of answer.recordings) {
        const given = answers.filter((one) => one.recording === recording);
        if (given.length !== 1) throw changed(folder, `${recording} was sealed, and answered ${given.length} times`);
        const [nonces, drive] = [`${recording}.nonces.csv`, `${recording}.drive.csv`];
        if (files[nonces] !== "as sealed" || files[drive] !== "as sealed")
          throw changed(folder, `${recording} is not the file that was sealed`);
        if (given[0]?.sha256 !== sealed.files[nonces] || given[0]?.driveSha256 !== sealed.files[drive])
          throw changed(folder, `${recording} was not yet, or no longer, what was sealed when it was answered`);
      }
      return { answer, commitment: sealed.commitment };
    } catch (error) {
      if (!(error instanceof RecordingError) || error.code !== "SEAL_BROKEN") throw error;
      broken = error;
    }
  }
  throw (
    broken ??
    new RecordingError("SEAL_BROKEN", `No secret was given for ${folder}.`, "Give what the set was sealed with: --secret.", { folder })
  );
}

/** RecordingError SET_CHANGED when two sets are one. */
export function refuseTwice(sets: readonly (OpenedKey & { readonly folder: string })[]): void {
  for (const [i, { commitment, folder }] of sets.entries())
    if (sets.findIndex((one) => one.commitment === commitment) < i) throw changed(folder, "another of the folders holds the same set");
}

function changed(folder: string, why: string): RecordingError {
  return new RecordingError("SET_CHANGED", `${folder}: ${why}.`, "Answer the sealed files, all of them, each once: settle --blind.", {
    folder,
  });
}
