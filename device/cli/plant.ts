import { ConfigError } from "../../common/errors.ts";
import type { EffectName } from "../../twin/planted/spec.ts";
import { ANSWER_FILE, plantSet } from "../planted/plant-set.ts";
import { unseal } from "../planted/unseal.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

export interface PlantOptions {
  effect: EffectName;
  kind?: string;
  strength: number;
  parameter?: number;
  seed: string;
  board: "bitaxe" | "s9";
  chips?: number;
  minutes: number;
  count: number;
  nullShare?: number;
  out: string;
  json?: boolean;
}

/** Shorter secrets are found by trying. */
const LEAST_SECRET = 12;
/** Effects between chips or cores of a chain need one. */
const CHAIN_EFFECTS: readonly EffectName[] = ["coupling", "fingerprint"];

/** Recordings of a twin with something planted in them, or nothing, and a sealed answer that says which. */
export function plantCommand(options: PlantOptions): number {
  const { effect, kind, strength, parameter, seed: secret, board, minutes, count, out } = options;
  const nullShare = options.nullShare ?? (count > 1 ? 0.5 : 0);
  if (!(nullShare >= 0 && nullShare <= 1))
    throw new ConfigError("BAD_OPTION", `--null-share ${nullShare} is no share.`, "Give a number from 0 to 1.");
  if (!(minutes > 0)) throw new ConfigError("BAD_OPTION", `--minutes ${minutes} is no length.`, "Give a number above 0.");
  const chips = options.chips ?? (board === "s9" ? 63 : CHAIN_EFFECTS.includes(effect) ? 4 : 1);
  const most = board === "s9" ? 63 : 16;
  if (chips > most) throw new ConfigError("BAD_OPTION", `--chips ${chips} is too many.`, `Give 1 to ${most}.`);
  if (secret.length < LEAST_SECRET)
    process.stderr.write(
      `The secret has ${secret.length} characters: who tries short ones opens the answer. Use ${LEAST_SECRET} or more.\n`,
    );
  const set = plantSet({
    plant: { effect, strength, secret, ...(kind === undefined ? {} : { kind }), ...(parameter === undefined ? {} : { parameter }) },
    board,
    chips,
    seconds: minutes * 60,
    count,
    nullShare,
    out,
    onProgress: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count} recordings${done === count ? "\n" : ""}`);
    },
  });
  if (options.json) process.stdout.write(`${JSON.stringify({ origin: "twin", ...set })}\n`);
  else
    process.stdout.write(
      [
        `${set.recordings} recordings in ${set.folder} (origin: twin), ${set.nonces.reduce((sum, n) => sum + n, 0)} nonces.`,
        `Commitment: ${set.commitment}`,
        `The answer is sealed in ${ANSWER_FILE}: asic-reservoir twin unseal --answer ${out}/${ANSWER_FILE} --seed SECRET`,
        "",
      ].join("\n"),
    );
  return EXIT.good;
}

/** Opens a sealed answer; 1 when recordings beside it are not the ones that were sealed. */
export function unsealCommand(options: { answer: string; seed: string; json?: boolean }): number {
  const { answer, files } = unseal(options.answer, options.seed);
  const changed = Object.entries(files).filter(([, state]) => state === "changed");
  if (options.json) process.stdout.write(`${JSON.stringify({ ...answer, files })}\n`);
  else {
    const rows = answer.recordings.map(({ recording, planted, effect, kind, strength, parameter }) => [
      recording,
      planted ? effect : `null of ${effect}`,
      kind,
      String(strength),
      String(parameter),
    ]);
    process.stdout.write(`${table(["recording", "planted", "kind", "strength", "parameter"], rows)}\n`);
    for (const [name, state] of Object.entries(files)) if (state !== "as sealed") process.stdout.write(`${name}: ${state}\n`);
  }
  return changed.length === 0 ? EXIT.good : EXIT.no;
}
