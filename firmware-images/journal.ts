/**
 * What a flasher was about to do, on disk before it does it: whatever ends it, the next one knows where the device stands. One file a target;
 * targets are a serial port, a miner's address or a board's configuration.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { FirmwareError } from "../common/errors.ts";
import { FIRMWARE_BOARD_NAMES } from "./boards.ts";
import { writeWhole } from "./write-whole.ts";

/** Each is on disk before it is begun. What it leaves behind when it is cut short stands in what-next.ts. */
export const FLASH_STEPS = ["checked", "stopped", "connected", "writing", "restarting", "verifying", "done"] as const;
export type FlashStep = (typeof FLASH_STEPS)[number];

const doneSchema = z.strictObject({ image: z.string(), at: z.string() });
const journalSchema = z.strictObject({
  format: z.literal(1),
  target: z.string(),
  board: z.enum(FIRMWARE_BOARD_NAMES),
  method: z.enum(["esp32s3-serial", "axeos-ota", "s9-pic"]),
  image: z.string(),
  step: z.enum(FLASH_STEPS),
  /** The file being written, during "writing". */
  part: z.string().nullable(),
  startedAt: z.string(),
  /** What ran before, where the device could say: the way back. */
  formerVersion: z.string().nullable(),
  formerPartition: z.string().nullable(),
  /** Options by which a person said how the board is kept from mining meanwhile: the same command again needs them. */
  said: z.array(z.string()).default([]),
  /** What was put on it before, oldest first. */
  history: z.array(doneSchema),
});
export type FlashRecord = z.infer<typeof journalSchema>;

const KEPT_HISTORY = 20;

export class FlashJournal {
  readonly #folder: string;

  constructor(imageFolder: string) {
    this.#folder = path.join(imageFolder, "journal");
  }

  /** null: nothing was ever begun there. FIRMWARE_JOURNAL_UNREADABLE. */
  read(target: string): FlashRecord | null {
    const file = this.#fileOf(target);
    if (!existsSync(file)) return null;
    try {
      return journalSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (cause) {
      throw unreadable(file, cause);
    }
  }

  all(): FlashRecord[] {
    if (!existsSync(this.#folder)) return [];
    const names = readdirSync(this.#folder).filter((name) => name.endsWith(".json"));
    return names.sort().flatMap((name) => this.read(decodeURIComponent(name.slice(0, -".json".length))) ?? []);
  }

  /** Whether this image was begun there and not ended: what was allowed then, such as going back, is allowed. */
  isAgain(target: string, image: string): boolean {
    const former = this.read(target);
    return former !== null && former.step !== "done" && former.image === image;
  }

  /** FIRMWARE_UNFINISHED when another image was begun and not ended there, unless that one is given up. */
  begin(start: Omit<FlashRecord, "format" | "step" | "part" | "history">, giveUpUnfinished: boolean): FlashRecord {
    const former = this.read(start.target);
    if (former !== null && former.step !== "done" && former.image !== start.image && !giveUpUnfinished) throw unfinished(former);
    // Begun again: what ran before the first try is the way back, not what is half there now.
    const again = this.isAgain(start.target, start.image);
    const record: FlashRecord = {
      ...start,
      ...(again && former !== null ? { formerVersion: former.formerVersion, formerPartition: former.formerPartition } : {}),
      format: 1,
      step: "checked",
      part: null,
      history: former?.history ?? [],
    };
    this.#write(record);
    return record;
  }

  advance(record: FlashRecord, step: Exclude<FlashStep, "done">, part: string | null = null): FlashRecord {
    const next = { ...record, step, part };
    this.#write(next);
    return next;
  }

  /** `at`: when the image was put there; null when it was only looked at. */
  finish(record: FlashRecord, at: string | null): FlashRecord {
    const history = at === null ? record.history : [...record.history, { image: record.image, at }].slice(-KEPT_HISTORY);
    const next: FlashRecord = { ...record, step: "done", part: null, history };
    this.#write(next);
    return next;
  }

  #write(record: FlashRecord): void {
    mkdirSync(this.#folder, { recursive: true });
    writeWhole(this.#fileOf(record.target), `${JSON.stringify(record, null, 1)}\n`);
  }

  #fileOf(target: string): string {
    return path.join(this.#folder, `${encodeURIComponent(target)}.json`);
  }
}

/** Version of an image of this name that was put there last and ended well; null when none was. */
export function lastFlashed(record: FlashRecord | null, name: string): string | null {
  const last = record?.history.at(-1)?.image;
  return last?.startsWith(`${name}@`) ? last.slice(name.length + 1) : null;
}

function unreadable(file: string, cause: unknown): FirmwareError {
  const message = `The journal ${file} cannot be read.`;
  const hint = "Move it away. What is on the device is then unknown: flash the image that you want there.";
  return new FirmwareError("FIRMWARE_JOURNAL_UNREADABLE", message, hint, { file }, cause);
}

function unfinished({ target, image, step }: FlashRecord): FirmwareError {
  const message = `${image} was begun on ${target} and got as far as "${step}".`;
  const hint = "`asic-reservoir firmware list` says how to end it. `--abandon` if you want this image there instead.";
  return new FirmwareError("FIRMWARE_UNFINISHED", message, hint, { target, image, step });
}
