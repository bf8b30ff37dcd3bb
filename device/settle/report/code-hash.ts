/** What ran, as one number: a verdict of other code is another verdict, whatever the version says. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The root of sources and of the compiled program alike. */
const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
/** Folders that a row's answer can depend on, the twins of rehearsals aside. */
const FOLDERS = ["common", "reservoir", "device/settle", "device/recordings"] as const;
const CODE = /(?<!\.d)\.(ts|js)$/;
const NO_CODE = /\.test(-support)?\.(ts|js)$/;

let known: string | null = null;

/** SHA-256 of the program's files, by name and contents; tests are none of them. */
export function codeSha256(): string {
  if (known === null) known = hashOf(ROOT, FOLDERS);
  return known;
}

export function hashOf(root: string, folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    const names = readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => CODE.test(name) && !NO_CODE.test(name))
      .sort();
    for (const name of names) hash.update(`${folder}/${name}\n`).update(readFileSync(path.join(root, folder, name)));
  }
  return hash.digest("hex");
}
