/** The thread of stream-table.ts: reads and encodes when it is asked for more, and not before. */
import { parentPort, workerData } from "node:worker_threads";
import { openReadonly } from "../open-database.ts";
import { toPlain } from "../protocol.ts";
import { toStoreError } from "../sqlite-error.ts";
import { batchesOf } from "./batches.ts";
import { ENCODERS } from "./encoders.ts";
import type { TablePart, TableRequest } from "./stream-table.ts";
import { EXPORT_TABLES } from "./tables.ts";

const LEAST_BYTES = 64 * 1024;

/** Parts of at least LEAST_BYTES, but for the last. */
function* parts({ path, runId, table: name, format, facts }: TableRequest): Generator<Uint8Array> {
  const table = EXPORT_TABLES.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  const { db, close } = openReadonly(path);
  try {
    const encoder = ENCODERS[format](table, facts);
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    for (const batch of batchesOf(db, table, runId)) {
      const bytes = encoder.append(batch);
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes < LEAST_BYTES) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
    }
    yield Buffer.concat([...waiting, encoder.finish()]);
  } finally {
    close();
  }
}

const request = workerData as TableRequest;
const made = parts(request);
parentPort?.on("message", () => {
  let part: TablePart;
  try {
    const next = made.next();
    part = { bytes: next.done ? null : next.value };
  } catch (error) {
    part = { error: toPlain(toStoreError(error, request.path)) };
  }
  parentPort?.postMessage(part);
});
