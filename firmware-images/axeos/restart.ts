/** Has a miner restarted since it was last looked at? It may be back before anybody asks, and it may have been started a moment ago. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { FirmwareError } from "../../common/errors.ts";
import type { AxeosMiner, MinerInfo } from "./miner.ts";

/** What a miner said, and between which two moments. */
export interface Look {
  readonly info: MinerInfo;
  readonly askedNs: bigint;
  readonly answeredNs: bigint;
}

const BACK_MS = 90_000;
const LOOK_MS = 1_000;
/** Uptimes are whole seconds: a miner that has been on for so long is told from one that starts now. */
const OLD_ENOUGH_S = 3;
const SECOND_NS = 1_000_000_000n;

/** MINER_UNREACHABLE, MINER_ANSWER. */
export async function look(miner: AxeosMiner, clock: Clock): Promise<Look> {
  const askedNs = clock.nowNs();
  const info = await miner.info();
  return { info, askedNs, answeredNs: clock.nowNs() };
}

/** A look at a miner that has been on for long enough for its next start to be seen by its uptime alone. Errors as `look`. */
export async function lookWhenOldEnough(miner: AxeosMiner, clock: Clock): Promise<Look> {
  for (let waited = 0; ; waited++) {
    const seen = await look(miner, clock);
    // One whose uptime does not go on is not waited for: other signs may tell.
    if ((seen.info.uptimeSeconds ?? OLD_ENOUGH_S) >= OLD_ENOUGH_S || waited > OLD_ENOUGH_S) return seen;
    await clock.sleep(LOOK_MS);
  }
}

/** Another version or slot runs than before, or its first second is certainly later than it was. */
export function hasRestarted(before: Look, now: Look): boolean {
  const [was, is] = [before.info, now.info];
  if (is.version !== was.version || is.runningPartition !== was.runningPartition) return true;
  if (was.uptimeSeconds === undefined || is.uptimeSeconds === undefined) return false;
  // It began after `asked` less its uptime and the second that is not yet full, and before `answered` less its uptime.
  const latestBefore = before.answeredNs - nsOf(was.uptimeSeconds);
  const earliestNow = now.askedNs - nsOf(is.uptimeSeconds) - SECOND_NS;
  return earliestNow > latestBefore;
}

const nsOf = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9));

/** Resolves when it answers after a restart: by what it says, or because it was away. FIRMWARE_NOT_BACK after a minute and a half. */
export async function restarted(miner: AxeosMiner, before: Look, clock: Clock): Promise<void> {
  const startNs = clock.nowNs();
  let wasAway = false;
  while (elapsedMs(clock, startNs) < BACK_MS) {
    await clock.sleep(LOOK_MS);
    try {
      if (hasRestarted(before, await look(miner, clock)) || wasAway) return;
    } catch (error) {
      if (!(error instanceof FirmwareError) || error.code !== "MINER_UNREACHABLE") throw error;
      wasAway = true;
    }
  }
  const message = `The miner at ${miner.address} took the image and was not seen to come back from its restart.`;
  const hint = "Cut its power for ten seconds, then give the same command again: what is done already is not done twice.";
  throw new FirmwareError("FIRMWARE_NOT_BACK", message, hint, { address: miner.address });
}
