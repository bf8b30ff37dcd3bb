/** `config migrate`: a file brought up to the present layout, its old self kept beside it. */
import { chmodSync, copyFileSync, existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ConfigError } from "../../common/errors.ts";
import { readConfig, textOf } from "./load.ts";
import { type Migrated, migrateDocument } from "./migrations.ts";
import { readYaml } from "./yaml-file.ts";

export interface MigratedFile {
  readonly from: number;
  readonly steps: readonly string[];
  /** The old file as it was. */
  readonly backup: string;
  /** New files with what was taken out: readable by their owner alone. */
  readonly written: readonly string[];
}

const OWNER_ONLY = 0o600;

/**
 * null: it is up to date, and nothing is touched. What comes out is checked before anything is written, and the file is replaced in one step.
 * ConfigError: those of loadConfig, and MIGRATION_EXISTS where a file is in the way.
 */
export function migrateFile(file: string): MigratedFile | null {
  const text = textOf(file);
  const yaml = readYaml(text, file);
  const migrated = migrateDocument(yaml.document, file);
  if (migrated.from === null) return null;
  const backup = `${file}.v${migrated.from}`;
  const secrets = namedFiles(file, migrated);
  for (const { key, name } of secrets) yaml.document.setIn(key, name);
  const next = yaml.document.toString({ lineWidth: 0 });
  readConfig(next, file, {});
  for (const name of [backup, ...secrets.map(({ target }) => target)]) {
    if (existsSync(name))
      throw new ConfigError("MIGRATION_EXISTS", `${name} exists already.`, "Move it out of the way; nothing was changed.", { name });
  }
  copyFileSync(file, backup);
  // The old file holds what the new one no longer may.
  if (secrets.length > 0) chmodSync(backup, OWNER_ONLY);
  for (const { target, text: secret } of secrets) writeFileSync(target, `${secret}\n`, { mode: OWNER_ONLY, flag: "wx" });
  const half = `${file}.new`;
  writeFileSync(half, next, { mode: statSync(file).mode & 0o777 });
  renameSync(half, file);
  return { from: migrated.from, steps: migrated.steps, backup, written: secrets.map(({ target }) => target) };
}

function namedFiles(file: string, { extracted }: Migrated): { key: readonly string[]; name: string; target: string; text: string }[] {
  return extracted.map(({ path: key, ending, text }) => {
    const name = `${path.basename(file, path.extname(file))}.${ending}`;
    return { key, name, target: path.join(path.dirname(file), name), text };
  });
}
