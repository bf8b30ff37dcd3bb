import { constants } from "node:fs";
import { access, readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { latencyTimerMs, portKind } from "../../drivers/transport/port-kind.ts";
import type { PortFacts, Subject } from "./facts.ts";
import { groupNames } from "./host-user.ts";

const BY_ID = "/dev/serial/by-id";

/** The ports that are named, or all serial adapters that there are. Nothing is opened: that could reset a board. */
export async function portFacts({ ports }: Pick<Subject, "ports">): Promise<PortFacts[]> {
  const named = ports.length > 0 ? ports : (await adapters()).map((found) => ({ key: "found", path: found }));
  const [stable, groups, open] = await Promise.all([stableNames(), readFile("/etc/group", "utf8").catch(() => ""), openDevices()]);
  const names = groupNames(groups);
  return Promise.all(named.map(({ key, path: port }) => factsOf(key, port, stable, names, open)));
}

async function factsOf(
  key: string,
  port: string,
  stable: ReadonlyMap<string, string>,
  groups: ReadonlyMap<number, string>,
  open: OpenDevices,
): Promise<PortFacts> {
  const target = await realpath(port).catch(() => null);
  const status = target === null ? null : await stat(target).catch(() => null);
  const may = (mode: number) =>
    access(port, mode).then(
      () => true,
      () => false,
    );
  const kind = target === null ? null : await portKind(port);
  const ms = kind === null ? null : await latencyTimerMs(kind);
  const file = kind?.latencyTimerFile ?? null;
  const holders = target === null ? [] : (open.byDevice.get(target) ?? []);
  return {
    key,
    path: port,
    exists: status !== null,
    // The reset line of an S9 is a plain file of sysfs.
    device: status !== null && (status.isCharacterDevice() || port.startsWith("/sys/")),
    pseudoTerminal: target?.startsWith("/dev/pts/") ?? false,
    readable: await may(constants.R_OK),
    writable: await may(constants.W_OK),
    group: status === null ? null : (groups.get(status.gid) ?? null),
    stablePath: port.startsWith("/dev/serial/") || target === null ? null : (stable.get(target) ?? null),
    holders: holders.length === 0 && open.hidden ? null : holders,
    latencyTimer:
      ms === null || file === null
        ? null
        : {
            ms,
            file,
            writable: await access(file, constants.W_OK).then(
              () => true,
              () => false,
            ),
          },
  };
}

async function adapters(): Promise<string[]> {
  const names = await readdir("/dev").catch(() => []);
  return names.filter((name) => /^tty(ACM|USB|AMA|PS)\d+$/.test(name)).map((name) => `/dev/${name}`);
}

/** Device to the link that names it whatever the order of plugging in. */
async function stableNames(): Promise<Map<string, string>> {
  const links = await readdir(BY_ID).catch(() => []);
  const pairs = await Promise.all(
    links.map(async (link) => [await realpath(path.join(BY_ID, link)).catch(() => ""), path.join(BY_ID, link)] as const),
  );
  return new Map(pairs);
}

interface OpenDevices {
  readonly byDevice: ReadonlyMap<string, { pid: number; name: string }[]>;
  /** Some process's descriptors could not be seen. */
  readonly hidden: boolean;
}

async function openDevices(proc = "/proc"): Promise<OpenDevices> {
  const byDevice = new Map<string, { pid: number; name: string }[]>();
  let hidden = false;
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  for (const pid of pids) {
    const folder = path.join(proc, pid, "fd");
    let descriptors: string[];
    try {
      descriptors = await readdir(folder);
    } catch (error) {
      hidden ||= (error as NodeJS.ErrnoException).code === "EACCES";
      continue;
    }
    const targets = new Set(await Promise.all(descriptors.map((name) => readlink(path.join(folder, name)).catch(() => ""))));
    const devices = [...targets].filter((target) => target.startsWith("/dev/tty") || target.startsWith("/dev/i2c"));
    if (devices.length === 0) continue;
    const name = (await readFile(path.join(proc, pid, "comm"), "utf8").catch(() => "?")).trim();
    for (const device of devices) byDevice.set(device, [...(byDevice.get(device) ?? []), { pid: Number(pid), name }]);
  }
  return { byDevice, hidden };
}
