import { ConfigError } from "../../common/errors.ts";
import { type FaultSpec, faultNames, startTwin } from "../../twin/index.ts";
import { EXIT } from "./exit.ts";

export interface TwinOptions {
  chips: number;
  variant: string;
  workScale: number;
  seed: number;
  ambient: number;
  link?: string;
  fault: string[];
  json?: boolean;
  untilInputEnds?: boolean;
}

/** A twin on its own: two pseudo-terminals that any program can open, until Ctrl-C. */
export async function twinCommand(options: TwinOptions): Promise<number> {
  if (options.variant !== "205" && options.variant !== "207") {
    throw new ConfigError(
      "BAD_OPTION",
      `There is no twin of a board ${options.variant}.`,
      "Known: 205 (DS4432U, INA260, EMC2101) and 207 (TPS546, EMC2101).",
    );
  }
  const twin = await startTwin({
    chips: options.chips,
    variant: options.variant,
    workScale: options.workScale,
    seed: options.seed,
    ambientC: options.ambient,
    faults: options.fault.map(parseFault),
    ...(options.link === undefined ? {} : { linkDir: options.link }),
  });
  const ports = { origin: "twin", control: twin.controlPath, data: twin.dataPath, workScale: twin.workScale, pid: process.pid };
  if (options.json) process.stdout.write(`${JSON.stringify(ports)}\n`);
  else {
    process.stdout.write(
      [
        `A twin of a Bitaxe Ultra ${options.variant} with ${options.chips} BM1366 (origin: twin).`,
        `  control  ${twin.controlPath}`,
        `  data     ${twin.dataPath}`,
        "Drive it with a configuration such as:",
        "  origin: twin",
        `  board: { kind: bitaxe-ultra, control: ${twin.controlPath}, data: ${twin.dataPath}, chips: ${options.chips}, workScale: ${twin.workScale} }`,
        "Ctrl-C ends it.",
        "",
      ].join("\n"),
    );
  }
  await ended(options.untilInputEnds ?? false);
  await twin.stop();
  return EXIT.good;
}

/** `name` or `name=value`, as `--fault i2c-nak=76`. */
function parseFault(text: string): FaultSpec {
  const [name = "", value] = text.split("=", 2);
  if (!(faultNames() as readonly string[]).includes(name)) {
    throw new ConfigError("UNKNOWN_FAULT", `There is no fault ${name}.`, `Known: ${faultNames().join(", ")}.`, { name });
  }
  const number = value === undefined ? undefined : Number(value);
  if (number !== undefined && Number.isNaN(number)) {
    throw new ConfigError("BAD_OPTION", `--fault ${text}: ${value} is not a number.`, "Write it as NAME=NUMBER, 0x.. for hexadecimal.");
  }
  return { name, ...(number === undefined ? {} : { value: number }) } as FaultSpec;
}

function ended(withInput: boolean): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    if (withInput) {
      process.on("SIGINT", () => {});
      process.stdin
        .on("end", resolve)
        .on("error", () => resolve())
        .resume();
    } else process.once("SIGINT", resolve);
  });
}
