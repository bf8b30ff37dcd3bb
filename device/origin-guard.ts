import { existsSync } from "node:fs";
import { ConfigError } from "../common/errors.ts";
import type { Origin } from "../common/origin.ts";
import { isPseudoTerminal } from "../drivers/transport/open-port.ts";

/**
 * Twins never pass for silicon: `origin: hardware` on a pseudo-terminal, and `origin: twin` or `recording` on a real port, are refused with
 * ConfigError ORIGIN_MISMATCH. Ports that do not exist pass here; opening them says so better.
 */
export async function checkOrigin(origin: Origin, ports: readonly string[]): Promise<void> {
  for (const port of ports.filter((name) => existsSync(name))) {
    const pty = await isPseudoTerminal(port);
    if (origin === "hardware" && pty) {
      throw new ConfigError(
        "ORIGIN_MISMATCH",
        `${port} is a pseudo-terminal, so what answers there is no hardware.`,
        "Set `origin: twin`, or name the real port.",
        {
          port,
          origin,
        },
      );
    }
    if (origin !== "hardware" && !pty) {
      throw new ConfigError(
        "ORIGIN_MISMATCH",
        `${port} is a real port, and the configuration calls it a ${origin}.`,
        "Set `origin: hardware` and `workScale: 0`.",
        {
          port,
          origin,
        },
      );
    }
  }
}
