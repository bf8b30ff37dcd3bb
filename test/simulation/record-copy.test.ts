/** What the observer compares a copy of the record with: the rule `backup-is-whole`. docs/simulation.md */
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { expect, it } from "vitest";
import { Ledger } from "../../device/simulation/ledger.ts";
import { backupDatabase } from "../../telemetry/store/backup.ts";
import { newRun, numberedNonces } from "../../telemetry/store/rows.test-support.ts";
import { openForTest, temporaryFolder } from "../../telemetry/store/store.test-support.ts";

/** A record whose committed rows were seen, and a copy of it; the daemon still writes to the record. */
async function seenAndCopied() {
  const folder = temporaryFolder();
  const record = join(folder, "record.db");
  const copy = join(folder, "copy.db");
  const store = await openForTest({ path: record, inProcess: true });
  const runId = await store.startRun(newRun);
  store.addNonces(runId, numberedNonces(0, 3));
  await store.putResult(runId, "x", "twin", { a: 1 });
  await store.flush();
  const ledger = new Ledger(record);
  ledger.look(() => {});
  ledger.close();
  backupDatabase(record, copy);
  return { ledger, copy, record, store, runId };
}

function edit(path: string, sql: string): void {
  const db = new SqliteDatabase(path);
  db.pragma("foreign_keys = OFF");
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  db.close();
}

it("a copy has every row that was seen committed before; what came later it need not have", async () => {
  const { ledger, copy, store, runId } = await seenAndCopied();
  expect(ledger.rows).toBe(4);
  expect(ledger.differences(copy)).toEqual([]);
  store.addNonces(runId, numberedNonces(3, 3));
  await store.flush();
  expect(ledger.differences(copy)).toEqual([]);
});

it.each([
  ["DELETE FROM results", ["results row 1 was committed and is gone"]],
  ["UPDATE results SET value = '{}'", ["results row 1 was committed and has changed"]],
  ["DELETE FROM nonce_chunks", ["0", "1", "2"].map((row) => `nonces row 1/${row} was committed and is gone`)],
])("one in which somebody did %s is seen, though the record itself is whole", async (sql, differences) => {
  const { ledger, copy } = await seenAndCopied();
  edit(copy, sql);
  expect(ledger.differences(copy)).toEqual(differences);
  expect(ledger.differences()).toEqual([]);
  ledger.close();
});

it("one that is not there has lost all", async () => {
  const { ledger, copy } = await seenAndCopied();
  expect(ledger.differences(`${copy}.absent`)).toHaveLength(4);
});
