import { existsSync } from "node:fs";
import { StoreError } from "../../../common/errors.ts";
import { openStore } from "../../../telemetry/store/client.ts";
import type { Store, StoredRun } from "../../../telemetry/store/store.ts";
import { loadConfig } from "../../config/load.ts";

export interface StoreOptions {
  store: string;
  config?: string;
  json?: boolean;
}

/** The database that the options name. */
export function pathOf(options: StoreOptions): string {
  return options.config ? loadConfig(options.config).store.path : options.store;
}

/** The same, which must exist. */
export function existingPathOf(options: StoreOptions): string {
  const path = pathOf(options);
  if (!existsSync(path)) {
    throw new StoreError(
      "DATABASE_MISSING",
      `There is no database ${path}.`,
      "Name one with --store FILE or --config FILE, or make one with `asic-reservoir demo`.",
      { path },
    );
  }
  return path;
}

/** Opens the database for reading, beside a daemon that may be writing. */
export async function withStore(options: StoreOptions, work: (store: Store) => Promise<number>): Promise<number> {
  const store = await openStore({ path: existingPathOf(options), readonly: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export async function existingRun(store: Store, id: number): Promise<StoredRun> {
  const run = await store.run(id);
  if (!run)
    throw new StoreError("RUN_MISSING", `There is no run ${id} in ${store.path}.`, "`asic-reservoir runs list` names them.", { id });
  return run;
}
