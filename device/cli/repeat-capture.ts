import { ConfigError } from "../../common/errors.ts";
import { type Comparison, type RepeatOptions, type Repetition, repeatCapture } from "../network/repeat-capture.ts";
import { readShareCapture } from "../recordings/share-capture.ts";
import { EXIT } from "./exit.ts";
import { table } from "./table.ts";

export interface RepeatCaptureOptions {
  twin: RepeatOptions["kind"];
  mode: RepeatOptions["mode"];
  seed: number;
  workScale: number;
  json?: boolean;
}

/** Exit code 1 when a quantity of the twin is another than the capture's. */
export async function repeatCaptureCommand(file: string, options: RepeatCaptureOptions): Promise<number> {
  const { twin: kind, mode, seed, workScale, json } = options;
  const capture = await readShareCapture(file);
  if (capture.served?.algorithm === "lbry")
    throw new ConfigError(
      "BAD_OPTION",
      `${file} holds shares of LBRY.`,
      "Repeat a capture of Bitcoin's shares: the twins here mine those.",
    );
  const repetition = repeatCapture(capture, { kind, mode, seed, workScale });
  process.stdout.write(json ? `${JSON.stringify({ file, ...repetition })}\n` : render(file, repetition));
  return repetition.agrees ? EXIT.good : EXIT.no;
}

function render(file: string, { kind, mode, seed, seconds, recordedFrom, recorded, twin, comparisons, agrees }: Repetition): string {
  const from = recordedFrom === null ? "recording" : `recording, of ${recordedFrom}`;
  const explained = ({ fit }: typeof twin) =>
    fit === null ? "too few shares" : `${fit.nullCv.toFixed(3)} (${fit.nullBand[0].toFixed(3)} to ${fit.nullBand[1].toFixed(3)})`;
  const rows = [
    ["shares", String(recorded.shares), String(twin.shares), ""],
    ...comparisons.map((each) => [each.quantity, text(each, each.recorded), text(each, each.twin), each.agrees ? "agree" : "differ"]),
    ["CV that this dead time gives by itself", explained(recorded), explained(twin), explainedText(recorded, twin)],
  ];
  return [
    `${file} (origin: ${from}) and ${seconds.toFixed(1)} s of a twin of an ${kind} (origin: twin), mode ${mode}, seed ${seed}`,
    table(["quantity (95 %)", "capture", "twin", ""], rows),
    agrees
      ? "The twin repeats the capture: nothing differs, and the dead time explains both CVs (four comparisons at 5 % together)."
      : "The twin does not repeat the capture.",
    "",
  ].join("\n");
}

const explainedText = (...of: Repetition["twin"][]): string => (of.every(({ fit }) => fit?.explained) ? "explained" : "not explained");

function text({ unit }: Comparison, [value, low, high]: Comparison["twin"]): string {
  const digits = unit === "" && value < 10 ? 3 : 2;
  const [v, l, h] = [value, low, high].map((each) => each.toFixed(digits));
  return `${v}${unit === "ms" ? " ms" : unit} (${l} to ${h})`;
}
