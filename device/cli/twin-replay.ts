import { type ReplayPace, startReplay } from "../../twin/replay/index.ts";
import { readReplayable } from "../recordings/read-wire.ts";
import { EXIT } from "./exit.ts";

export interface TwinReplayOptions {
  replay: string;
  replayPace: ReplayPace;
  link?: string;
  json?: boolean;
}

/** A recording behind two pseudo-terminals, until `ended`. */
export async function twinReplayCommand(options: TwinReplayOptions, ended: () => Promise<void>): Promise<number> {
  const { header, events } = await readReplayable(options.replay);
  const replay = startReplay({
    header,
    events,
    pace: options.replayPace,
    ...(options.link === undefined ? {} : { linkDir: options.link }),
  });
  const { board: kind, chips, workScale } = header;
  const ports = { origin: "recording", kind, control: replay.controlPath, data: replay.dataPath, chips, workScale, pid: process.pid };
  if (options.json) process.stdout.write(`${JSON.stringify(ports)}\n`);
  else {
    process.stdout.write(
      [
        `${options.replay} as a board: ${kind}, ${chips} chips (origin: recording).`,
        `  control  ${replay.controlPath}`,
        `  data     ${replay.dataPath}`,
        options.replayPace === "follow"
          ? "It answers a driver that sends what the recorded one sent: same configuration, same jobs seed."
          : "It says everything at its recorded time, whatever is sent to it.",
        "  origin: recording",
        `  board: { kind: ${kind}, control: ${replay.controlPath}, data: ${replay.dataPath}, chips: ${chips}, workScale: ${workScale} }`,
        "Ctrl-C ends it.",
        "",
      ].join("\n"),
    );
  }
  await ended();
  if (!options.json) process.stdout.write(`${JSON.stringify(replay.status())}\n`);
  await replay.stop();
  return EXIT.good;
}
