import type { UserFacts } from "./facts.ts";
import { ok, type Row, warning } from "./row.ts";

/** The watchdog's thread asks for the most (drivers/native/watchdog.cc); the capture thread for 40 (docs/time-stamps.md). */
const PRIORITY = 60;
/** A dashboard, a broker, the record and the ports together stay below it. GUESS. */
const OPEN_FILES = 1024;
/** What Debian allows a user (RLIMIT_MEMLOCK of Linux since 5.16). */
const LOCKED_BYTES = 8 * 2 ** 20;

export function checkUser({ name, root, groups, mayNice, lineWorkers, mayKeepAwake, limits }: UserFacts): Row[] {
  return [
    root || groups.includes("dialout")
      ? ok("permissions", root ? "root may open every port" : `${name} belongs to the group dialout`)
      : warning("permissions", `${name} does not belong to the group dialout`, `sudo usermod -aG dialout ${name}, then log in again`),
    realTime(mayNice, limits.realTimePriority),
    ...carrying(mayNice, lineWorkers),
    ...awake(mayKeepAwake),
    atLeast("locked memory", limits.lockedBytes, LOCKED_BYTES, "ulimit -l, or LimitMEMLOCK=8M in the service"),
    atLeast("open files", limits.openFiles, OPEN_FILES, "ulimit -n 4096, or LimitNOFILE=4096 in the service"),
  ];
}

function realTime(mayNice: boolean, allowed: number | null): Row {
  const mend = "docs/time-stamps.md, Real-time priority: LimitRTPRIO=60 in the service, or rtprio 60 in /etc/security/limits.d";
  if (mayNice) return ok("permissions", "the capture and watchdog threads may have real-time priority");
  if (allowed === null) return warning("permissions", "the limit of real-time priority could not be read", mend);
  return allowed >= PRIORITY
    ? ok("permissions", `real-time priority up to ${allowed} is allowed`)
    : warning("permissions", `real-time priority up to ${allowed} is allowed, and the watchdog wants ${PRIORITY}`, mend);
}

/** Nothing where the kernel's threads cannot be seen: it is the host's affair then. */
function carrying(mayNice: boolean, { seen, realtime }: UserFacts["lineWorkers"]): Row[] {
  if (seen === 0) return [];
  if (mayNice) return [ok("permissions", "the kernel's workers that carry bytes from ports may be given real-time priority")];
  if (realtime === seen)
    return [ok("permissions", `the kernel's workers that carry bytes from ports have real-time priority (${seen} of ${seen})`)];
  const mend = "sudo asic-reservoir line-workers, for as long as is measured; the service starts it by itself";
  return [
    warning(
      "permissions",
      "the kernel's workers that carry bytes from ports run at ordinary priority: stamps are late when the machine is busy",
      mend,
    ),
  ];
}

/** Nothing where the kernel offers no such request: it is the host's affair then. */
function awake(may: boolean | null): Row[] {
  if (may === null) return [];
  if (may) return [ok("permissions", "idle processors may be kept awake while something is captured")];
  const mend = "docs/time-stamps.md, Idle processors: a udev rule for /dev/cpu_dma_latency; the package has it";
  return [warning("permissions", "idle processors may not be kept awake: stamps of a quiet machine come tens of microseconds later", mend)];
}

function atLeast(what: string, allowed: number | null, wanted: number, mend: string): Row {
  if (allowed === null) return warning("limits", `the limit of ${what} could not be read`, mend);
  const shown = allowed === Infinity ? "no limit" : `a limit of ${allowed}`;
  return allowed >= wanted ? ok("limits", `${what}: ${shown}`) : warning("limits", `${what}: ${shown}, and ${wanted} are wanted`, mend);
}
