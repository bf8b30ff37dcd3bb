import { DriverError } from "../../common/errors.ts";
import { joinedSignal } from "../../common/joined-signal.ts";
import type { Session } from "../session.ts";

/** The work's result; DIALOGUE_STALLED after `patienceMs`, or the reason of the signal or of the rig's fault as soon as there is one. */
export async function awaited<T>(work: Promise<T>, session: Session, patienceMs: number, signal: AbortSignal | undefined): Promise<T> {
  const { clock, rig } = session;
  const stop = new AbortController();
  const ends = joinedSignal(stop.signal, rig.faulted, signal);
  const patience = clock.sleep(patienceMs, ends.signal).then(
    () => {
      const why = "The dialogue stands still: jobs neither leave nor come to their deadline.";
      throw new DriverError("DIALOGUE_STALLED", why, "Look for what keeps the sentinel from renewing its lease.", { patienceMs });
    },
    () => {
      signal?.throwIfAborted();
      rig.faulted.throwIfAborted();
      return work;
    },
  );
  try {
    return await Promise.race([work, patience]);
  } finally {
    stop.abort();
    ends.release();
  }
}
