import type { Clock } from "../../common/clock.ts";
import { sendDatagram } from "../../drivers/native/notify.ts";
import { ServiceNotices } from "./service-notices.ts";

/** Notices to whoever started this process as a service of Type=notify; null for nobody. sd_notify(3), sd_watchdog_enabled(3) */
export function startNotices(
  environment: Readonly<Record<string, string | undefined>>,
  clock: Pick<Clock, "nowNs">,
  trouble: (text: string) => void,
  pid = process.pid,
): ServiceNotices | null {
  const address = environment.NOTIFY_SOCKET;
  if (!address) return null;
  const send = (text: string) => sendDatagram(address, Buffer.from(text));
  return new ServiceNotices({ clock, watchdogMs: watchdogMsOf(environment, pid), send, trouble });
}

/** null when no watchdog is set, or when it is another process's. */
function watchdogMsOf({ WATCHDOG_USEC, WATCHDOG_PID }: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const usec = Number(WATCHDOG_USEC);
  if (!WATCHDOG_USEC || !Number.isSafeInteger(usec) || usec <= 0) return null;
  return WATCHDOG_PID && Number(WATCHDOG_PID) !== pid ? null : usec / 1_000;
}
