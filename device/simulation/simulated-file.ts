/** The configuration file of a simulated daemon, which people edit while it runs. */
import { readConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { boardNamesOf, type ConfigDocument, documentOf, type Scenario } from "./scenario.ts";

type Configs = readonly [Config, ...Config[]];

export class SimulatedFile {
  readonly #boards: readonly (string | null)[];
  readonly #document: ConfigDocument;
  #text: string;
  #whole: Configs;

  constructor(scenario: Scenario, storePath: string) {
    const names = boardNamesOf(scenario);
    this.#boards = names.length === 1 ? [null] : names;
    this.#document = documentOf(scenario, storePath);
    this.#text = JSON.stringify(this.#document);
    this.#whole = this.read();
  }

  /** As it is now, board by board. Throws what is wrong with it. */
  read(): Configs {
    return this.#boards.map((name) => readConfig(this.#text, "rig.yaml", {}, name).config) as unknown as Configs;
  }

  /** As it was when it was last right: nobody starts a daemon on another. */
  whole(): Configs {
    return this.#whole;
  }

  /** Changes what it says of all, or of one board. */
  edit(change: (all: ConfigDocument, board: Record<string, unknown>) => void, board = 0): void {
    change(this.#document, this.#document.boards?.[board] ?? this.#document);
    this.#text = JSON.stringify(this.#document);
    try {
      this.#whole = this.read();
    } catch {
      // Who edits it is told by the daemon.
    }
  }

  /** Half of it, as an editor leaves it for a moment. */
  tear(share: number): void {
    this.#text = this.#text.slice(0, Math.floor(share * this.#text.length));
  }
}
