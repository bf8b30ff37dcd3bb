/** The wire that holds a chain of chips in reset (RST, low = reset). */
import { readFile, writeFile } from "node:fs/promises";
import { DriverError } from "../../common/errors.ts";
import { type Bridge, RESET_PIN } from "../transport/bridge.ts";

export interface ResetLine {
  /** Drives the line; RESET_READBACK when it does not read as driven. */
  set(asserted: boolean): Promise<void>;
}

export const bridgeResetLine = (bridge: Pick<Bridge, "gpioSet" | "gpioGet">): ResetLine => ({
  async set(asserted) {
    await bridge.gpioSet(RESET_PIN, !asserted);
    requireLevel(asserted, await bridge.gpioGet(RESET_PIN));
  },
});

/**
 * A GPIO that has been exported as an output, by its `value` file. On an S9 controller with the Braiins kernel that of connector n is
 * /sys/class/gpio/gpio(888 + n - 1)/value (specs/bm1387.md 4.5). GPIO_MISSING, GPIO_DENIED.
 */
export const sysfsResetLine = (valuePath: string): ResetLine => ({
  async set(asserted) {
    try {
      await writeFile(valuePath, asserted ? "0" : "1", { flag: "r+" });
      requireLevel(asserted, (await readFile(valuePath, "utf8")).trim() === "1");
    } catch (error) {
      throw error instanceof DriverError ? error : gpioFailure(valuePath, error as NodeJS.ErrnoException);
    }
  },
});

function requireLevel(asserted: boolean, high: boolean): void {
  if (high !== asserted) return;
  const message = `The reset line was driven ${asserted ? "low" : "high"} and reads ${high ? "high" : "low"}.`;
  throw new DriverError("RESET_READBACK", message, "Look for a short at the reset line, and power the board off and on.", { asserted });
}

function gpioFailure(path: string, cause: NodeJS.ErrnoException): DriverError {
  const context = { path, errno: cause.code ?? null };
  if (cause.code === "EACCES" || cause.code === "EPERM") {
    const hint = "Run `sudo usermod -aG gpio $USER` and log in again; the GPIO must be an output.";
    return new DriverError("GPIO_DENIED", `This user may not drive ${path}.`, hint, context, cause);
  }
  const hint = "Export the GPIO as an output first, and check its number.";
  return new DriverError("GPIO_MISSING", `The GPIO ${path} cannot be driven (${cause.code ?? cause.message}).`, hint, context, cause);
}
