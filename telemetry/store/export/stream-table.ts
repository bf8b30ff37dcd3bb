/** One table of a run as the bytes of a file, made on a thread of its own while they are read: memory for one row group, and nothing blocks the caller. */
import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { StoreError } from "../../../common/errors.ts";
import { fromPlain, type PlainError } from "../protocol.ts";
import { spawnWorker } from "../spawn-worker.ts";
import type { ExportFormat } from "./files.ts";

export interface TableRequest {
  /** The database. */
  readonly path: string;
  readonly runId: number;
  /** One of EXPORT_TABLES. */
  readonly table: string;
  readonly format: ExportFormat;
  /** What the file is about. */
  readonly facts: Readonly<Record<string, string>>;
}

/** The thread's answer to being asked for more; `bytes` null: that was all. */
export type TablePart = { readonly bytes: Uint8Array | null } | { readonly error: PlainError };

/** A thread's heap: a row group of 65 536 rows of boxed cells needs less than half of it. */
const HEAP_MB = 256;

/** As of one moment. Throws StoreError, what opening throws among them. Ends the thread when the reader stops early. */
export async function* streamTable(request: TableRequest): AsyncGenerator<Uint8Array> {
  const worker = spawnWorker(request, "./export/stream-worker", { maxOldGenerationSizeMb: HEAP_MB });
  // Whoever waits for a part hears of it; between parts nobody does, and an unheard one would end the process.
  worker.on("error", () => undefined);
  try {
    for (;;) {
      const part = await ask(worker);
      if ("error" in part) throw fromPlain(part.error);
      if (part.bytes === null) return;
      yield part.bytes;
    }
  } finally {
    await worker.terminate();
  }
}

async function ask(worker: Worker): Promise<TablePart> {
  worker.postMessage("more");
  const parted = new AbortController();
  const { signal } = parted;
  try {
    const ended = once(worker, "exit", { signal }).then(() => {
      throw new StoreError("STREAM_ENDED", "The thread that reads the record has ended.", "Try again.");
    });
    const [part] = (await Promise.race([once(worker, "message", { signal }), ended])) as [TablePart];
    return part;
  } finally {
    parted.abort();
  }
}
