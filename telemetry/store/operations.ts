/** An open database as operations, the same on the worker thread and without one. */
import type { Database } from "better-sqlite3";
import type { Checkpoints } from "./checkpoints.ts";
import type { FailingDisk } from "./failing-disk.ts";
import { IN_MEMORY, openReadonly, openWritable } from "./open-database.ts";
import type { Operations, WorkerInput } from "./protocol.ts";
import { createReader } from "./reader.ts";
import { createRetention } from "./retention.ts";
import { createWriter } from "./writer.ts";

export interface OperationParts {
  /** Monotonic. */
  nowMs(): number;
  readonly disk?: FailingDisk | null;
  /** Who checkpoints instead of SQLite itself; left out: nobody. */
  readonly checkpoints?: (db: Database, path: string) => Checkpoints;
}

/** Opens and prepares. Throws what openReadonly and openWritable throw. */
export function openOperations(input: WorkerInput, { nowMs, disk = null, checkpoints: startCheckpoints }: OperationParts): Operations {
  const opened = input.readonly ? openReadonly(input.path) : openWritable(input.path, input);
  const writer = createWriter(opened.db, { commitIntervalMs: input.commitIntervalMs, disk, nowMs });
  const checkpoints = input.readonly || input.path === IN_MEMORY ? null : (startCheckpoints?.(opened.db, input.path) ?? null);
  let retention = createRetention(opened.db, input.budgetBytes);
  return {
    ...createReader(opened.db),
    ...writer,
    commit(rows, wallMs, facts) {
      const committed = writer.commit(rows, wallMs, facts);
      retention.enforce(wallMs);
      checkpoints?.committed();
      return committed;
    },
    setBudget(budgetBytes) {
      retention = createRetention(opened.db, budgetBytes);
    },
    close() {
      checkpoints?.close();
      opened.close();
    },
  };
}
