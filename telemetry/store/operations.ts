/** An open database as operations, the same on the worker thread and without one. */
import type { FailingDisk } from "./failing-disk.ts";
import { openReadonly, openWritable } from "./open-database.ts";
import type { Operations, WorkerInput } from "./protocol.ts";
import { createReader } from "./reader.ts";
import { createRetention } from "./retention.ts";
import { createWriter } from "./writer.ts";

/** Opens and prepares. Throws what openReadonly and openWritable throw. */
export function openOperations(input: WorkerInput, disk: FailingDisk | null = null): Operations {
  const opened = input.readonly ? openReadonly(input.path) : openWritable(input.path, input);
  const writer = createWriter(opened.db, { commitIntervalMs: input.commitIntervalMs, disk });
  const retention = createRetention(opened.db, input.budgetBytes);
  return {
    ...createReader(opened.db),
    ...writer,
    commit(rows, wallMs) {
      const refused = writer.commit(rows, wallMs);
      retention.enforce(wallMs);
      return refused;
    },
    close: () => opened.close(),
  };
}
