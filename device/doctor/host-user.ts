import { access, constants, readdir, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { LimitFacts, UserFacts } from "./facts.ts";

/** capability.h: CAP_SYS_NICE. */
const SYS_NICE = 23n;

export async function userFacts(): Promise<UserFacts> {
  const uid = process.getuid?.() ?? -1;
  const [groupFile, status, limits] = await Promise.all(["/etc/group", "/proc/self/status", "/proc/self/limits"].map(textOf));
  const tasks = await readdir("/proc").catch(() => []);
  const stats = await Promise.all(tasks.filter((name) => /^\d+$/.test(name)).map((name) => textOf(`/proc/${name}/stat`)));
  const names = groupNames(groupFile ?? "");
  return {
    name: nameOf(uid),
    root: uid === 0,
    groups: (process.getgroups?.() ?? []).flatMap((gid) => names.get(gid) ?? []),
    lineWorkers: lineWorkers(stats.filter((text) => text !== null)),
    mayKeepAwake: await mayWrite("/dev/cpu_dma_latency"),
    mayNice: ((capabilities(status ?? "") >> SYS_NICE) & 1n) === 1n,
    limits: limitsOf(limits ?? ""),
  };
}

/** /etc/group: name by number. */
export function groupNames(text: string): Map<number, string> {
  const rows = text.split("\n").map((line) => line.split(":"));
  return new Map(rows.filter((row) => row.length >= 3).map(([name, , gid]) => [Number(gid), name as string]));
}

/** proc(5), status: the effective capabilities. */
export function capabilities(status: string): bigint {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
  return hex === undefined ? 0n : BigInt(`0x${hex}`);
}

/** proc(5), limits: the soft ones. */
export function limitsOf(text: string): LimitFacts {
  const soft = (name: string) => {
    const value = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(text)?.[1];
    if (value === undefined) return null;
    return value === "unlimited" ? Infinity : Number(value);
  };
  return { realTimePriority: soft("Max realtime priority"), lockedBytes: soft("Max locked memory"), openFiles: soft("Max open files") };
}

/** PF_KTHREAD of linux/sched.h, and SCHED_FIFO. */
const KERNEL_THREAD = 0x00200000;
const FIFO = 1;

/** /proc/PID/stat of every task; proc(5) counts its fields from 1: flags are the 9th, the policy the 41st. */
export function lineWorkers(stats: readonly string[]): UserFacts["lineWorkers"] {
  const policies = stats.flatMap((text) => {
    const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const kernel = (Number(fields[9 - 3]) & KERNEL_THREAD) !== 0;
    return kernel && name.startsWith("kworker/u") ? [Number(fields[41 - 3])] : [];
  });
  return { seen: policies.length, realtime: policies.filter((policy) => policy === FIFO).length };
}

/** null when there is no such file. */
export async function mayWrite(file: string): Promise<boolean | null> {
  return access(file, constants.W_OK).then(
    () => true,
    ({ code }) => (code === "ENOENT" ? null : false),
  );
}

function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not be in /etc/passwd.
    return `user ${uid}`;
  }
}

async function textOf(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch(() => null);
}
