/** What a killed process leaves on the disk: its database as it was at that moment, not as an orderly end would have made it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const PARTS = ["", "-wal", ".handed"] as const;

export class KilledStore {
  readonly #path: string;
  readonly #files: readonly { readonly file: string; readonly content: Buffer | null }[];

  /** Keeps the database's files as they are now. */
  constructor(path: string) {
    this.#path = path;
    this.#files = PARTS.map((part) => `${path}${part}`).map((file) => ({ file, content: existsSync(file) ? readFileSync(file) : null }));
  }

  /** Puts them back; nobody may have the database open. */
  restore(): void {
    for (const { file, content } of this.#files) {
      if (content === null) rmSync(file, { force: true });
      else writeFileSync(file, content);
    }
    // The index of the log is made anew from the log, as after a crash.
    rmSync(`${this.#path}-shm`, { force: true });
  }
}
