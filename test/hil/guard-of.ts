import { readdirSync, readFileSync } from "node:fs";
import type { Program } from "./program.ts";

/** The process id of a daemon's guard: its child that runs device/guard/main. */
export function guardOf(daemon: Program): number {
  const guards = readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const parent = readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ")[1];
      return Number(parent) === daemon.child.pid && readFileSync(`/proc/${name}/cmdline`, "utf8").includes("guard/main");
    } catch {
      // It has ended while we looked.
      return false;
    }
  });
  if (guards.length !== 1) throw new Error(`${guards.length} guards of process ${daemon.child.pid}`);
  return Number(guards[0]);
}
