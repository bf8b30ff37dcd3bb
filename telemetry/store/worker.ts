/** The store's thread: owns the SQLite connection and answers requests one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { startCheckpoints } from "./checkpoints.ts";
import { openOperations } from "./operations.ts";
import { hostMs, type Operations, type Reply, type Request, toPlain, type WorkerInput } from "./protocol.ts";
import { toStoreError } from "./sqlite-error.ts";

const port = parentPort;
if (port !== null) serve(workerData as WorkerInput, (reply) => port.postMessage(reply), port);

function serve(input: WorkerInput, send: (reply: Reply) => void, requests: NonNullable<typeof parentPort>): void {
  const fail = (id: number, error: unknown) => send({ id, ok: false, error: toPlain(toStoreError(error, input.path)) });
  let operations: Operations;
  try {
    operations = openOperations(input, { nowMs: hostMs, checkpoints: startCheckpoints });
  } catch (error) {
    fail(0, error);
    return;
  }
  requests.on("message", ({ id, op, args }: Request) => {
    try {
      send({ id, ok: true, value: (operations[op] as (...args: unknown[]) => unknown)(...args) });
    } catch (error) {
      fail(id, error);
    }
    if (op === "close") requests.close();
  });
  send({ id: 0, ok: true, value: null });
}
