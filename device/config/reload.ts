/** A running daemon's configuration, which follows its file as far as it may. */
import { AsicError, explain } from "../../common/errors.ts";
import { changesBetween, changeText } from "./changes.ts";
import { loadConfig } from "./load.ts";
import type { Config } from "./schema.ts";

/** Where live keys are; limits first, because they are about safety. */
const SECTIONS = ["limits", "mqtt", "store", "log"] as const;

/** A part of the daemon that takes a changed section. Rejects or throws when it cannot: its section then stays as it was. */
export type Appliers = { readonly [Section in (typeof SECTIONS)[number]]: (next: Config) => void | Promise<void> };

export interface ReloadEvents {
  say(level: "info" | "warning" | "error", text: string): void;
}

export class LiveConfig {
  #running: Config;
  readonly #read: () => Config;
  #turn: Promise<void> = Promise.resolve();
  #said = "";

  /** `read` gets the configuration anew; it throws what is wrong with it. */
  constructor(running: Config, read: () => Config) {
    this.#running = running;
    this.#read = read;
  }

  static ofFile(file: string, running: Config = loadConfig(file)): LiveConfig {
    return new LiveConfig(running, () => loadConfig(file));
  }

  get running(): Config {
    return this.#running;
  }

  /** Reads again and applies what changed. One at a time; never rejects: what is wrong is said, once until it changes, and the running configuration stays. */
  reload(appliers: Appliers, { say }: ReloadEvents): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reload(appliers, say));
    return this.#turn;
  }

  async #reload(appliers: Appliers, say: ReloadEvents["say"]): Promise<void> {
    const wanted = this.#readAgain();
    if (wanted instanceof Error) {
      const why = wanted instanceof AsicError ? wanted.message : explain(wanted);
      return this.#complain(say, "error", [`the configuration stays as it is: ${why}`]);
    }
    const { live, restart } = changesBetween(this.#running, wanted);
    const refused: string[] = [];
    for (const section of SECTIONS) {
      const mine = live.filter(({ key }) => key.startsWith(`${section}.`));
      if (mine.length === 0) continue;
      const text = mine.map(changeText).join("; ");
      // Of the section only what a running daemon may take.
      const next = changesBetween(this.#running, { ...this.#running, [section]: wanted[section] }).next;
      try {
        await appliers[section](next);
        this.#running = next;
        say("info", `${text}: in force`);
      } catch (error) {
        refused.push(`${text}: refused, and ${section} stays as it is: ${explain(error)}`);
      }
    }
    const waiting = restart.map((change) => `${changeText(change)}: ${change.why}`);
    this.#complain(say, refused.length > 0 ? "error" : "warning", [...refused, ...waiting]);
  }

  #readAgain(): Config | Error {
    try {
      return this.#read();
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The file is read upon every touch of it; a person needs the same words only once. */
  #complain(say: ReloadEvents["say"], level: "warning" | "error", texts: readonly string[]): void {
    const text = texts.join("; ");
    if (text !== "" && text !== this.#said) say(level, text);
    this.#said = text;
  }
}
