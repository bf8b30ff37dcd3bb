/** Secrets: each in a file of its own, read when it is used, shown to nobody. */
import { readFileSync, statSync } from "node:fs";
import { ConfigError } from "../../common/errors.ts";
import { LEAVES } from "./leaf.ts";
import { getIn } from "./load.ts";
import type { Config } from "./schema.ts";

export interface SecretFile {
  readonly key: string;
  readonly file: string;
}

/** The files that a configuration's secrets are in. */
export function secretFilesOf(config: Config): SecretFile[] {
  return LEAVES.flatMap(({ key, path, credential }) => {
    const file = credential === null ? null : getIn(config, path);
    return typeof file === "string" ? [{ key, file }] : [];
  });
}

/** What a file holds, without the newline at its end. ConfigError SECRET_MISSING or SECRET_EMPTY. */
export function readSecret({ key, file }: SecretFile): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const why = `${key}: cannot read ${file} (${(cause as NodeJS.ErrnoException).code}).`;
    throw new ConfigError("SECRET_MISSING", why, "Make it with the secret and nothing else, readable by the daemon's user.", { key, file });
  }
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new ConfigError("SECRET_EMPTY", `${key}: ${file} is empty.`, "Put the secret into it.", { key, file });
  return secret;
}

/** What a person should mend, although it works: files that others may read. */
export function secretWarnings(files: readonly SecretFile[]): string[] {
  return files.flatMap(({ key, file }) => {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & 0o044) === 0 ? [] : [`${key}: others may read ${file}: chmod 600 ${file}`];
  });
}
