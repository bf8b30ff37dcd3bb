import { ConfigError, TwinError } from "../../common/errors.ts";
import { checkTwinFault, FAULTS, type FaultName, type FaultSpec, faultNames, type TwinBoard } from "../../twin/index.ts";
import { EXIT } from "./exit.ts";
import { faultsMarkdown, faultsText } from "./twin-faults-text.ts";

/** Name, value in decimal or 0x.., chip, and from when until when in ms. */
const FORM = /^([a-z0-9-]+?)(?:=(-?[\d.]+|0x[\da-f]+))?(?:#(\d+))?(?:@(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?)?$/i;

/** `name[=value][#chip][@atMs[-untilMs]]`, as `--fault i2c-nak=0x4c@2000-5000`. ConfigError: UNKNOWN_FAULT, BAD_FAULT. */
export function parseFault(text: string, board: TwinBoard): FaultSpec {
  const match = FORM.exec(text);
  const name = match?.[1] ?? text.split(/[=#@]/, 1)[0] ?? "";
  if (!Object.hasOwn(FAULTS, name)) {
    throw new ConfigError("UNKNOWN_FAULT", `There is no fault ${name}.`, `Known: ${faultNames().join(", ")}.`, { name });
  }
  if (match === null) {
    throw new ConfigError(
      "BAD_FAULT",
      `--fault ${text} cannot be read.`,
      "Write NAME[=NUMBER][#CHIP][@FROM_MS[-UNTIL_MS]], 0x.. for hexadecimal.",
      {
        text,
      },
    );
  }
  const [value, chip, atMs, untilMs] = match.slice(2).map((part) => (part === undefined ? undefined : Number(part)));
  const spec: FaultSpec = {
    name: name as FaultName,
    ...(value === undefined ? {} : { value }),
    ...(chip === undefined ? {} : { chip }),
    ...(atMs === undefined ? {} : { atMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
  try {
    return checkTwinFault(spec, board);
  } catch (error) {
    if (error instanceof TwinError) throw new ConfigError("BAD_FAULT", error.message, error.hint, { ...error.context }, error);
    throw error;
  }
}

/** What can be made to go wrong, by layer, and what the number behind `=` means. */
export function twinFaultsCommand(options: { json?: boolean; markdown?: boolean }): number {
  process.stdout.write(options.json ? `${JSON.stringify(FAULTS)}\n` : options.markdown ? faultsMarkdown() : faultsText());
  return EXIT.good;
}
