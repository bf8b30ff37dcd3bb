/** The look-ups on this host. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { Clock } from "../../common/clock.ts";
import type { Probe, SoftwareFacts } from "./facts.ts";
import { clockFacts } from "./host-clock.ts";
import { diskFacts } from "./host-disk.ts";
import { latencyFacts } from "./host-latency.ts";
import { portFacts } from "./host-ports.ts";
import { userFacts } from "./host-user.ts";
import { BUILD_PROGRAMS, TEST_PROGRAMS } from "./packages.ts";

export function hostProbe(clock: Clock): Probe {
  return {
    user: userFacts,
    ports: portFacts,
    latency: () => latencyFacts(clock),
    clock: clockFacts,
    disk: (folder) => diskFacts(folder, clock),
    software: softwareFacts,
  };
}

export async function softwareFacts(): Promise<SoftwareFacts> {
  const addons = ["drivers", "twin", "reservoir", "telemetry"].map(loaded);
  const kernels = [
    addons[1]?.exports?.sha256dKernel ? `SHA-256d: ${addons[1].exports.sha256dKernel}` : null,
    typeof addons[2]?.exports?.kernelName === "function" ? `readout: ${(addons[2].exports.kernelName as () => string)()}` : null,
  ];
  const wanted = (programs: Readonly<Record<string, string>>, needed: "build" | "tests") =>
    Object.entries(programs).flatMap(([program, debianPackage]) => (onPath(program) ? [] : [{ program, debianPackage, needed }]));
  return {
    node: process.versions.node,
    architecture: process.arch,
    addons: addons.map(({ name, error }) => ({ name, error })),
    kernels: kernels.filter((kernel) => kernel !== null),
    missing: [...wanted(BUILD_PROGRAMS, "build"), ...wanted(TEST_PROGRAMS, "tests")],
    modemManager: await runs("ModemManager"),
  };
}

function loaded(name: string): { name: string; error: string | null; exports: Record<string, unknown> | null } {
  try {
    return { name, error: null, exports: createRequire(import.meta.url)(`#native/${name}`) as Record<string, unknown> };
  } catch (error) {
    return { name, error: (error as Error).message.split("\n")[0] ?? "", exports: null };
  }
}

function onPath(program: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

/** null when processes cannot be seen. */
async function runs(program: string): Promise<boolean | null> {
  const pids = await readdir("/proc").catch(() => null);
  if (pids === null) return null;
  const names = pids.filter((pid) => /^\d+$/.test(pid)).map((pid) => readFile(`/proc/${pid}/comm`, "utf8").catch(() => ""));
  return (await Promise.all(names)).some((name) => name.trim() === program);
}
