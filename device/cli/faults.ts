import { existsSync } from "node:fs";
import { ConfigError } from "../../common/errors.ts";
import { clearFault } from "../../telemetry/control/clear-fault.ts";
import { type ControlStore, type Latch, openControlStore } from "../../telemetry/control/control-store.ts";
import { loadBoards } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { controlPath } from "../latches.ts";
import { EXIT } from "./exit.ts";

export interface FaultsOptions {
  config: string;
  json?: boolean;
}

/** `none` where nothing was ever latched: looking must not make the file. */
function withControl<T>(file: string, none: T, work: (store: ControlStore, rigs: readonly [string, ...string[]]) => T): T {
  const [first, ...others] = loadBoards(file).map(({ config }) => config) as [Config, ...Config[]];
  const path = controlPath(first.store.path);
  if (!existsSync(path)) return none;
  const store = openControlStore(path);
  try {
    return work(store, [first.rig, ...others.map(({ rig }) => rig)]);
  } finally {
    store.close();
  }
}

export function faultsListCommand({ config, all = false, json }: FaultsOptions & { all?: boolean }): number {
  const found = withControl<readonly Latch[]>(config, [], (store, rigs) => rigs.flatMap((rig) => store.latches(rig, { all })));
  if (json) process.stdout.write(`${JSON.stringify({ faults: found })}\n`);
  else
    process.stdout.write(
      found.length === 0
        ? "No fault is latched.\n"
        : `${found.map((latch) => text(latch, new Set(found.map(({ rig }) => rig)).size > 1)).join("\n")}\n`,
    );
  return found.some(({ clearedReason }) => clearedReason === null) ? EXIT.no : EXIT.good;
}

function text({ id, rig, code, cause, evidence, wallMs, clearedWallMs, clearedReason }: Latch, several: boolean): string {
  const cleared = clearedReason === null ? "" : `\n   cleared ${new Date(clearedWallMs ?? 0).toISOString()}: ${clearedReason}`;
  return `${id}  ${several ? `${rig}  ` : ""}${new Date(wallMs).toISOString()}  ${code}: ${cause}\n   evidence: ${JSON.stringify(evidence)}${cleared}`;
}

export function faultsClearCommand(id: number, { config, reason, json }: FaultsOptions & { reason: string }): number {
  if (reason.trim() === "")
    throw new ConfigError("REASON_MISSING", "A fault is cleared with a reason.", "Say what was found and done: --reason TEXT.");
  const left = withControl<readonly Latch[] | null>(
    config,
    null,
    (store, rigs) => clearFault(store, rigs, { id, reason, wallMs: Date.now() }).left,
  );
  if (left === null)
    throw new ConfigError(
      "FAULT_UNKNOWN",
      `There is no fault ${id}: nothing was ever latched.`,
      "`asic-reservoir faults list` has the numbers.",
    );
  if (json) process.stdout.write(`${JSON.stringify({ cleared: id, left: left.length })}\n`);
  else
    process.stdout.write(
      `Fault ${id} is cleared. ${left.length === 0 ? "Nothing else is latched." : `${left.length} more are latched.`}\n`,
    );
  return EXIT.good;
}
