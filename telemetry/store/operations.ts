/** An open database as operations, the same on the worker thread and without one. */
import type { FailingDisk } from "./failing-disk.ts";
import { openReadonly, openWritable } from "./open-database.ts";
import type { Operations, WorkerInput } from "./protocol.ts";
import { createReader } from "./reader.ts";
import { createRetention } from "./retention.ts";
import { createWriter } from "./writer.ts";

/** Opens and prepares; `nowMs` is monotonic. Throws what openReadonly and openWritable throw. */
export function openOperations(input: WorkerInput, nowMs: () => number, disk: FailingDisk | null = null): Operations {
  const opened = input.readonly ? openReadonly(input.path) : openWritable(input.path, input);
  const writer = createWriter(opened.db, { commitIntervalMs: input.commitIntervalMs, disk, nowMs });
  let retention = createRetention(opened.db, input.budgetBytes);
  return {
    ...createReader(opened.db),
    ...writer,
    commit(rows, wallMs, facts) {
      const committed = writer.commit(rows, wallMs, facts);
      retention.enforce(wallMs);
      return committed;
    },
    setBudget(budgetBytes) {
      retention = createRetention(opened.db, budgetBytes);
    },
    close: () => opened.close(),
  };
}
