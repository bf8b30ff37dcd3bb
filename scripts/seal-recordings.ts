// Seals the key of recordings that another generator made, so that `settle score` opens it as it opens one of `twin plant`:
// node --import tsx scripts/seal-recordings.ts --key KEY.json --secret SECRET FOLDER
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ANSWER_FILE } from "../device/planted/plant-set.ts";
import type { PlantedAnswer } from "../device/planted/unseal.ts";
import { sealAnswer, sha256Hex } from "../twin/planted/seal.ts";

/** Writes the sealed answer into `folder`, over the bytes of NAME.nonces.csv and NAME.drive.csv of each recording of the key; returns its commitment. */
export function sealRecordings(folder: string, key: PlantedAnswer, secret: string): string {
  const names = key.recordings.flatMap(({ recording }) => [`${recording}.nonces.csv`, `${recording}.drive.csv`]);
  const files = Object.fromEntries(names.map((name) => [name, sha256Hex(readFileSync(path.join(folder, name)))]));
  const sealed = sealAnswer(key, secret, files);
  writeFileSync(path.join(folder, ANSWER_FILE), `${JSON.stringify(sealed, null, 2)}\n`, { flag: "wx" });
  return sealed.commitment;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { key: { type: "string" }, secret: { type: "string" } } });
  const [folder] = positionals;
  if (values.key === undefined || values.secret === undefined || folder === undefined) {
    console.error("node --import tsx scripts/seal-recordings.ts --key KEY.json --secret SECRET FOLDER");
    process.exit(2);
  }
  console.log(`Commitment: ${sealRecordings(folder, JSON.parse(readFileSync(values.key, "utf8")), values.secret)}`);
}
