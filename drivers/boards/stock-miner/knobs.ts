/** What this firmware lets others set: asked of it, never assumed. cgminer's API: `check`, `ascset N,help`, `ascset N,OPTION,VALUE`. */

/** Names that firmwares use, in the help's words. */
const OPTION_NAMES = {
  frequencyMhz: ["freq", "frequency", "clock"],
  chainVoltageMv: ["volt", "voltage", "millivolts"],
} as const;
export type Knob = keyof typeof OPTION_NAMES;

export interface KnobOption {
  /** What to say in ascset. */
  readonly option: string;
  /** Range of the help's text, in the firmware's unit; null when it states none. */
  readonly range: { readonly min: number; readonly max: number } | null;
  /** Firmware's unit to ours; null when nothing tells: such a knob is not turned. */
  readonly perUnit: number | null;
}
export type Knobs = Partial<Record<Knob, KnobOption>>;

/** Options in the text of a help, such as "ASC 0 set help: freq: range 100-900, volt: 7.95-9.4". */
export function knobsOfHelp(message: string): Knobs {
  const help = message.replace(/^.*?help:/i, "");
  const found: Knobs = {};
  for (const knob of Object.keys(OPTION_NAMES) as Knob[])
    for (const option of OPTION_NAMES[knob]) {
      const match = new RegExp(`(?:^|[\\s,;|])${option}(?![A-Za-z])([^;|]*?)(?=,\\s*[A-Za-z]+\\s*:|[;|]|$)`, "i").exec(help);
      if (match === null) continue;
      const span = /(\d+(?:\.\d+)?)\s*(?:-|to|\.\.)\s*(\d+(?:\.\d+)?)/.exec(match[1] ?? "");
      const range = span === null ? null : { min: Number(span[1]), max: Number(span[2]) };
      found[knob] ??= { option, range, perUnit: knob === "frequencyMhz" ? 1 : voltageUnit(range) };
    }
  return found;
}

/** An S9's chain has 7 to 10 V (specs/bm1387.md 4.2): a range says by its size whether it is in volts or millivolts. */
function voltageUnit(range: KnobOption["range"]): number | null {
  if (range === null) return null;
  if (range.min >= 5 && range.max <= 15) return 1000;
  return range.min >= 5000 && range.max <= 15_000 ? 1 : null;
}
