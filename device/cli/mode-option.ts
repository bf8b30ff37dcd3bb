import { ConfigError } from "../../common/errors.ts";
import { type DriveMode, driveModeSchema } from "../dispatcher/drive-mode.ts";

export interface ModeOptions {
  readonly mode?: DriveMode["name"];
  /** key=value, with dots for what is inside: feedback.gain=0.01 */
  readonly set: readonly string[];
}

/**
 * The mode that the command line asks for; without --mode the other one. Settings of --set come on top. ConfigError BAD_OPTION when it has none such.
 */
export function modeFrom({ mode: name, set }: ModeOptions, otherwise: DriveMode): DriveMode {
  const given: Record<string, unknown> = name === undefined || name === otherwise.name ? structuredClone(otherwise) : { name };
  for (const text of set) {
    const [key = "", value = ""] = text.split(/=(.*)/s);
    const path = key.split(".");
    const last = path.pop() as string;
    let place = given;
    for (const part of path) place = inside(place, part);
    own(place, last, value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value);
  }
  const parsed = driveModeSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "its settings";
  throw new ConfigError(
    "BAD_OPTION",
    `Mode ${String(given.name)}: ${where}: ${issue?.message}.`,
    "docs/drive-modes.md has the settings of each mode.",
  );
}

type Keyed = Record<string, unknown>;

/** As a property of its own whatever it is called: "__proto__" is then refused like any other unknown key. */
function own(place: Keyed, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, writable: true, configurable: true });
}

function inside(place: Keyed, key: string): Keyed {
  const there = Object.hasOwn(place, key) ? place[key] : null;
  if (typeof there === "object" && there !== null) return there as Keyed;
  const made: Keyed = {};
  own(place, key, made);
  return made;
}
