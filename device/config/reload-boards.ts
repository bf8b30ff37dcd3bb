/** Several running boards and their one file: each follows what the file says of it, and what is the same for all is said once. */
import { ConfigError } from "../../common/errors.ts";
import { loadBoards } from "./load.ts";
import { type Appliers, LiveConfig, type ReloadEvents } from "./reload.ts";
import type { Config } from "./schema.ts";

/** A board that runs. */
export interface BoardAppliers {
  readonly config: Config;
  readonly appliers: Omit<Appliers, "log">;
  /** Into the board's own log. */
  readonly events: ReloadEvents;
}

/** What was said by which boards; none: by the file as a whole. */
export type RigSay = (rigs: readonly string[], level: Parameters<ReloadEvents["say"]>[0], text: string) => void;

export class LiveBoards {
  readonly #boards: readonly (BoardAppliers & { readonly live: LiveConfig })[];
  readonly #read: () => readonly Config[];
  readonly #log: Appliers["log"];
  readonly #say: RigSay;
  #turn: Promise<void> = Promise.resolve();
  #said = "";

  /** `read` gets all boards' configurations anew, and throws what is wrong; `log` takes the file's own `log`. */
  constructor(boards: readonly BoardAppliers[], read: () => readonly Config[], log: Appliers["log"], say: RigSay) {
    this.#read = read;
    this.#boards = boards.map((board) => ({ ...board, live: new LiveConfig(board.config, () => this.#configOf(board.config.rig)) }));
    this.#log = log;
    this.#say = say;
  }

  static ofFile(file: string, boards: readonly BoardAppliers[], log: Appliers["log"], say: RigSay): LiveBoards {
    return new LiveBoards(boards, () => loadBoards(file).map(({ config }) => config), log, say);
  }

  /** Reads again and applies what changed, board by board. One at a time; never rejects. */
  reload(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reload());
    return this.#turn;
  }

  async #reload(): Promise<void> {
    const said = new Map<string, { level: Parameters<RigSay>[1]; text: string; rigs: string[] }>();
    for (const { config, appliers, events, live } of this.#boards) {
      const say: ReloadEvents["say"] = (level, text) => {
        events.say(level, text);
        const entry = said.get(text) ?? { level, text, rigs: [] };
        entry.rigs.push(config.rig);
        said.set(text, entry);
      };
      await live.reload({ ...appliers, log: this.#log }, { say });
    }
    for (const { level, text, rigs } of said.values()) this.#say(rigs.length === this.#boards.length ? [] : rigs, level, text);
    this.#noticeNewBoards();
  }

  #configOf(rig: string): Config {
    const all = this.#read();
    const found = all.find((config) => config.rig === rig);
    if (found !== undefined) return found;
    const names = all.map((config) => config.rig).join(", ");
    throw new ConfigError("BOARD_UNKNOWN", `The file has no board ${rig} any more (there is ${names}).`, "Restart the daemon.", { rig });
  }

  #noticeNewBoards(): void {
    const running = new Set(this.#boards.map(({ config }) => config.rig));
    const text = this.#rigsNow()
      .filter((rig) => !running.has(rig))
      .map((rig) => `boards: ${rig} is new: needs a restart`)
      .join("; ");
    if (text !== "" && text !== this.#said) this.#say([], "warning", text);
    this.#said = text;
  }

  /** What is wrong with the file was said by each board. */
  #rigsNow(): readonly string[] {
    try {
      return this.#read().map(({ rig }) => rig);
    } catch {
      return [];
    }
  }
}
