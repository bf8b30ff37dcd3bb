/** Stores in throw-away folders. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type CountedStore, openStore, type StoreOptions } from "./client.ts";

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "asic-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store that is closed when the test ends; commits only when told to unless an interval is given. */
export async function openForTest(options: StoreOptions): Promise<CountedStore> {
  const store = await openStore({ commitIntervalMs: 3_600_000, ...options });
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}
