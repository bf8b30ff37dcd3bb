import { fromHex } from "../../common/bytes.ts";
import { ConfigError } from "../../common/errors.ts";
import { explainBytes as explainBm1366 } from "../../drivers/bm1366/explain.ts";
import { explainBytes as explainBm1387 } from "../../drivers/bm1387/explain.ts";
import { EXIT } from "./exit.ts";

export interface DecodeOptions {
  chip: "auto" | "bm1366" | "bm1387";
  direction: "auto" | "to-chip" | "from-chip";
  json?: boolean;
}

/** Explains any bytes of either chip's line. 1 when none of them belongs to a frame. */
export function decodeCommand(words: readonly string[], options: DecodeOptions): number {
  const bytes = fromHex(words.join("").replace(/0x|[\s:,-]/gi, ""));
  if (!bytes || bytes.length === 0) {
    throw new ConfigError(
      "BAD_OPTION",
      `${words.join(" ")} is not a row of bytes in hexadecimal.`,
      "Write them as 55AA520500000A, with or without spaces.",
    );
  }
  const { chip, direction } = guess(bytes, options);
  const lines = (chip === "bm1366" ? explainBm1366 : explainBm1387)(bytes, direction);
  const framed = lines.some((line) => !/of no frame/.test(line));
  process.stdout.write(
    options.json ? `${JSON.stringify({ chip, direction, lines, framed })}\n` : `${chip}, ${direction}\n${lines.join("\n")}\n`,
  );
  return framed ? EXIT.good : EXIT.no;
}

/** A BM1366's frames carry a preamble that names the direction; a BM1387's do not: its replies have 7 bytes, its commands name their length. */
function guess(bytes: Uint8Array, { chip, direction }: DecodeOptions): { chip: "bm1366" | "bm1387"; direction: "to-chip" | "from-chip" } {
  const hex = Buffer.from(bytes).toString("hex");
  const towards = /^(..)*?55aa/.test(hex);
  const back = /^(..)*?aa55/.test(hex);
  const found = chip !== "auto" ? chip : towards || back ? "bm1366" : "bm1387";
  if (direction !== "auto") return { chip: found, direction };
  if (found === "bm1366")
    return { chip: found, direction: back && !(towards && hex.indexOf("55aa") < hex.indexOf("aa55")) ? "from-chip" : "to-chip" };
  const command = [5, 9, 0x36, 0x56, 0x96].includes(bytes[1] ?? 0) && bytes.length >= (bytes[1] ?? 0);
  return { chip: found, direction: command ? "to-chip" : "from-chip" };
}
