import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { DRIVE_RANGE } from "../../twin/planted/memory.ts";
import { secretOf } from "../../twin/planted/scores.ts";
import { randomDrive } from "./drive.ts";
import { MANIFEST_FILE } from "./plant-set.ts";

const STEPS = 8;
/** A chip takes the nearest clock that its divider can make. */
const NEAR_MHZ = 8;

/**
 * Whether the first recording of a set was driven as the secret drives it, by the steps that stand in the open beside it. A hint that costs nothing where
 * opening a seal costs a tenth of a second by design; only the seal decides. False where there is no such set.
 */
export function drivenBy(folder: string, secret: string): boolean {
  try {
    const { board, recordings } = JSON.parse(readFileSync(path.join(folder, MANIFEST_FILE), "utf8"));
    const range = DRIVE_RANGE[board as keyof typeof DRIVE_RANGE];
    const file = path.join(folder, `${path.basename(recordings[0])}.drive.csv`);
    if (range === undefined || !existsSync(file)) return false;
    const [heading = "", ...steps] = readFileSync(file, "utf8").trimEnd().split("\n");
    const column = heading.split(",").indexOf("mhz");
    const clocks = randomDrive(secretOf(secret, "run", 0), range);
    return steps.slice(0, STEPS).every((step) => Math.abs(Number(step.split(",")[column]) - clocks.next().value) < NEAR_MHZ);
  } catch {
    return false;
  }
}
