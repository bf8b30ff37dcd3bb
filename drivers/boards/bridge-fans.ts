/** Fans on a bridge's own fan page, for a board whose fans are the host's. specs/bm1366.md 5.10 */
import { DriverError } from "../../common/errors.ts";
import type { Bridge } from "../transport/bridge.ts";
import type { Fans } from "./fans.ts";

/**
 * null when the bridge has no fan page: bridges that carry I2C and a reset line and no fan answer "invalid command". It is asked for the
 * speed, not told one: on other firmware the page means something else (pitfall 21). Rejects with what else the bridge rejects with.
 */
export async function bridgeFans(bridge: Pick<Bridge, "fanSet" | "fanTach">): Promise<Fans | null> {
  try {
    await bridge.fanTach();
  } catch (error) {
    if (error instanceof DriverError && error.code === "BRIDGE_INVALID") return null;
    throw error;
  }
  return {
    setPercent: (percent) => bridge.fanSet(percent),
    rpm: async () => [await bridge.fanTach()],
  };
}
