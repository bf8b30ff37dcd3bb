import { existsSync } from "node:fs";
import { ConfigError } from "../../common/errors.ts";
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
function withControl<T>(file: string, none: T, work: (store: ControlStore, rigs: readonly string[]) => T): T {
  const configs = loadBoards(file).map(({ config }) => config);
  const path = controlPath((configs[0] as Config).store.path);
  if (!existsSync(path)) return none;
  const store = openControlStore(path);
  try {
    return work(
      store,
      configs.map(({ rig }) => rig),
    );
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
  const left = withControl<readonly Latch[] | null>(config, null, (store, rigs) => {
    // A number is of one board alone; where none has it the first says so.
    const whose = rigs.find((rig) => store.latches(rig, { all: true }).some((latch) => latch.id === id)) ?? (rigs[0] as string);
    store.clear(whose, id, reason.trim(), Date.now());
    return store.latches(whose);
  });
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
