/** Latency, clock, disk. */
import type { ClockFacts, DiskFacts, LatencyFacts, Subject } from "./facts.ts";
import { bad, ok, type Row, warning } from "./row.ts";

/** The sentinel looks every 100 ms; a tenth of that is no trouble to it, all of it is. */
const TIMER_MS = { fine: 10, bad: 100 };
/** A drive step is tens of milliseconds. GUESS. */
const LOOPBACK_MS = 5;
/** Clocks that take a system call to the hardware, or count interrupts: slow or coarse. */
const SLOW_SOURCES = ["hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"];
const ANCHOR_NS = 1e6;
const LEAST_FREE_BYTES = 100e6;
const FREE_BYTES = 1e9;
/** SQLite's write-ahead log needs shared memory that these do not give. */
const NETWORK_FILE_SYSTEMS = /^(nfs|nfs4|cifs|smb3|9p|fuse\.sshfs|afs|ceph|glusterfs)$/;
const LOST_AT_RESTART = /^(tmpfs|ramfs|overlay)$/;
const NO_PERMISSIONS = /^(vfat|msdos|exfat)$/;

export function checkLatency({ timer, loopback }: LatencyFacts): Row[] {
  const rows: Row[] = [];
  const load = "see what keeps the processors busy: top, and docs/time-stamps.md";
  if (timer === null) rows.push(warning("latency", "timers could not be measured", "try again"));
  else {
    const says = `timers come ${timer.medianMs.toFixed(1)} ms late, at worst ${timer.worstMs.toFixed(1)} ms`;
    if (timer.worstMs > TIMER_MS.bad) rows.push(bad("latency", `${says}: the sentinel would miss its turns`, load));
    else rows.push(timer.worstMs > TIMER_MS.fine ? warning("latency", says, load) : ok("latency", says));
  }
  if (loopback === null) {
    rows.push(warning("latency", "no pseudo-terminal could be measured", "mount -t devpts devpts /dev/pts, and `make native`"));
  } else {
    const says = `a byte through a pseudo-terminal takes ${loopback.medianMs.toFixed(2)} ms, at worst ${loopback.worstMs.toFixed(2)} ms`;
    rows.push(loopback.medianMs > LOOPBACK_MS ? warning("latency", says, load) : ok("latency", says));
  }
  return rows;
}

export function checkClock({ synchronised, source, monotonic }: ClockFacts): Row[] {
  const ntp = "sudo timedatectl set-ntp true (needs systemd-timesyncd or chrony)";
  const rows: Row[] = [
    synchronised === null
      ? warning("clock", "whether the wall clock is synchronised could not be found out", ntp)
      : synchronised
        ? ok("clock", "the wall clock is synchronised")
        : warning("clock", "the wall clock is not synchronised: dates in the record may be wrong, time-stamps are not", ntp),
  ];
  if (source !== null)
    rows.push(
      SLOW_SOURCES.includes(source)
        ? warning(
            "clock",
            `time is read from ${source}, which is slow`,
            "clocksource=tsc on the kernel's command line, where the machine has one",
          )
        : ok("clock", `time is read from ${source}`),
    );
  if (monotonic === null) rows.push(bad("clock", "the monotonic clock could not be read", "make native"));
  else if (!monotonic.advances) rows.push(bad("clock", "the monotonic clock stands still or steps back", "restart the (virtual) machine"));
  else {
    const says = `the monotonic clock goes on, and is told against the wall clock to ${(monotonic.anchorErrorNs / 1000).toFixed(1)} us`;
    rows.push(
      monotonic.anchorErrorNs > ANCHOR_NS ? warning("clock", says, "a machine with less to do tells it better") : ok("clock", says),
    );
  }
  return rows;
}

export function checkDisk(disk: DiskFacts, { commitIntervalMs, sizeBudgetMb }: Pick<Subject, "commitIntervalMs" | "sizeBudgetMb">): Row[] {
  const { folder, freeBytes, fileSystem, fsyncMedianMs } = disk;
  if (!disk.writable) return [bad("disk", `${folder} cannot be written`, `sudo chown $USER ${folder}, or another store.path`)];
  return [spaceRow(folder, freeBytes, sizeBudgetMb), fileSystemRow(folder, fileSystem), fsyncRow(folder, fsyncMedianMs, commitIntervalMs)];
}

function spaceRow(folder: string, freeBytes: number | null, sizeBudgetMb: number | null): Row {
  if (freeBytes === null) return warning("disk", `how much room ${folder} has could not be found out`, `df ${folder}`);
  const says = `${(freeBytes / 1e9).toFixed(1)} GB are free in ${folder}`;
  if (freeBytes < LEAST_FREE_BYTES) return bad("disk", says, "make room: nonces are lost when a record cannot be written");
  const wanted = sizeBudgetMb === null ? FREE_BYTES : Math.max(FREE_BYTES, sizeBudgetMb * 1e6);
  if (freeBytes >= wanted) return ok("disk", says);
  return warning("disk", `${says}, and the record may grow to ${(wanted / 1e9).toFixed(1)} GB`, "make room, or lower store.sizeBudgetMb");
}

function fileSystemRow(folder: string, fileSystem: string | null): Row {
  const elsewhere = "put store.path on a disk of this machine (ext4, xfs, btrfs)";
  if (fileSystem === null) return warning("disk", `the file system of ${folder} could not be found out`, `findmnt -T ${folder}`);
  if (NETWORK_FILE_SYSTEMS.test(fileSystem))
    return bad("disk", `${folder} is on ${fileSystem}, where a database can be damaged`, elsewhere);
  if (LOST_AT_RESTART.test(fileSystem))
    return warning("disk", `${folder} is on ${fileSystem}, which may be gone after a restart`, elsewhere);
  if (NO_PERMISSIONS.test(fileSystem)) return warning("disk", `${folder} is on ${fileSystem}, without permissions or a journal`, elsewhere);
  return ok("disk", `${folder} is on ${fileSystem}`);
}

function fsyncRow(folder: string, medianMs: number | null, commitIntervalMs: number): Row {
  if (medianMs === null)
    return warning("disk", `how long a commit in ${folder} takes could not be measured`, `see who uses the disk: iotop`);
  const says = `a write in ${folder} is on the disk after ${medianMs.toFixed(1)} ms`;
  return medianMs <= commitIntervalMs / 2
    ? ok("disk", says)
    : warning("disk", `${says}, and commits are wanted every ${commitIntervalMs} ms`, "a faster disk, or a longer store.commitIntervalMs");
}
