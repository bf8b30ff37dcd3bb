import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { RecordingError } from "../../common/errors.ts";
import { openAnswer, type SealedAnswer, sha256Hex } from "../../twin/planted/seal.ts";

/** What `twin plant` sealed. `planted` false is the effect's null. */
export interface PlantedAnswer {
  readonly software: string;
  readonly effect: string;
  readonly recordings: readonly {
    readonly recording: string;
    readonly planted: boolean;
    readonly effect: string;
    readonly kind: string;
    readonly strength: number;
    readonly parameter: number;
  }[];
}

/** Whether a file beside the answer is the one it is about. */
export type FileState = "as sealed" | "changed" | "missing";

/** Opens an answer file and compares the recordings beside it; `sealed` has what the seal covers. RecordingError SEAL_FORMAT, SEAL_BROKEN. */
export function unseal(
  file: string,
  secret: string,
): { answer: PlantedAnswer; files: Record<string, FileState>; sealed: Pick<SealedAnswer, "files" | "commitment"> } {
  const sealed = readSealed(file);
  const answer = openAnswer(sealed, secret) as PlantedAnswer;
  const stateOf = (name: string, hash: string): FileState => {
    const beside = path.join(path.dirname(file), path.basename(name));
    if (!existsSync(beside)) return "missing";
    return sha256Hex(readFileSync(beside)) === hash ? "as sealed" : "changed";
  };
  return { answer, sealed, files: Object.fromEntries(Object.entries(sealed.files).map(([name, hash]) => [name, stateOf(name, hash)])) };
}

function readSealed(file: string): SealedAnswer {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as SealedAnswer;
  } catch (cause) {
    throw new RecordingError(
      "SEAL_FORMAT",
      `${file} is no sealed answer.`,
      "Name the answer file that `twin plant` wrote.",
      { file },
      cause,
    );
  }
}
