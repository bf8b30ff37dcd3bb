import { startS9Twin, startTwin } from "../../twin/index.ts";
import { parsePlant } from "../../twin/planted/spec.ts";
import { EXIT } from "./exit.ts";
import { followCommands } from "./twin-commands.ts";
import { parseFault } from "./twin-faults.ts";

export interface TwinOptions {
  board: "bitaxe-ultra" | "s9";
  chips?: number;
  variant: "205" | "207";
  workScale?: number;
  seed: number;
  ambient: number;
  pic?: number;
  link?: string;
  powered?: boolean;
  commands?: boolean;
  fault: string[];
  plant?: string;
  replay?: string;
  replayPace: "follow" | "clock";
  json?: boolean;
  untilInputEnds?: boolean;
}

/** A twin on its own: two pseudo-terminals that any program can open, until Ctrl-C. */
export async function twinCommand(options: TwinOptions): Promise<number> {
  if (options.replay !== undefined) {
    const { twinReplayCommand } = await import("./twin-replay.ts");
    return twinReplayCommand({ ...options, replay: options.replay }, () => ended(options.untilInputEnds ?? false));
  }
  const { board, seed, ambient: ambientC } = options;
  const common = {
    seed,
    ambientC,
    faults: options.fault.map((text) => parseFault(text, board)),
    ...(options.plant === undefined ? {} : { plant: parsePlant(options.plant, `seed ${seed}`) }),
    ...(options.chips === undefined ? {} : { chips: options.chips }),
    ...(options.workScale === undefined ? {} : { workScale: options.workScale }),
    powered: options.powered ?? false,
    ...(options.link === undefined ? {} : { linkDir: options.link }),
  };
  const twin =
    board === "s9"
      ? await startS9Twin({ ...common, ...(options.pic === undefined ? {} : { boardAddress: options.pic }) })
      : await startTwin({ ...common, variant: options.variant });
  const chips = options.chips ?? (board === "s9" ? 63 : 1);
  const kind = board === "s9" ? "s9-hashboard" : "bitaxe-ultra";
  const ports = {
    origin: "twin",
    kind,
    control: twin.controlPath,
    data: twin.dataPath,
    chips,
    workScale: twin.workScale,
    pid: process.pid,
  };
  if (options.json) process.stdout.write(`${JSON.stringify(ports)}\n`);
  else {
    process.stdout.write(
      [
        `A twin of ${board === "s9" ? "an Antminer S9 hash board" : `a Bitaxe Ultra ${options.variant}`} with ${chips} chips (origin: twin).`,
        `  control  ${twin.controlPath}  (bridge: I2C, reset, fan)`,
        `  data     ${twin.dataPath}  (the chips' UART)`,
        "Drive it with a configuration such as:",
        "  origin: twin",
        `  board: { kind: ${kind}, control: ${twin.controlPath}, data: ${twin.dataPath}, chips: ${chips}, workScale: ${twin.workScale} }`,
        "Any other program can open these paths too: docs/twin.md. Ctrl-C ends it.",
        "",
      ].join("\n"),
    );
  }
  if (options.commands) followCommands(twin, board);
  await ended(options.untilInputEnds ?? false);
  await twin.stop();
  return EXIT.good;
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
