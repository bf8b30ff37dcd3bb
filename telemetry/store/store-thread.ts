import type { Worker } from "node:worker_threads";
import { StoreError } from "../../common/errors.ts";
import { NONCE_COLUMN_NAMES } from "../../common/nonce-batch.ts";
import type { Engine } from "./engine.ts";
import { fromPlain, hostMs, type Operation, type Operations, type Reply, type WorkerInput } from "./protocol.ts";
import type { Rows } from "./rows.ts";
import { spawnWorker } from "./spawn-worker.ts";

/** The worker as function calls: `call("run", 3)` resolves with what the operation returns on its thread, or rejects with StoreError. */
export class StoreThread implements Engine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: StoreError) => void }>();
  readonly #path: string;
  #nextId = 1;
  #gone: StoreError | null = null;
  readonly opened: Promise<unknown>;
  readonly ended: Promise<StoreError>;

  constructor(input: WorkerInput, worker: Worker = spawnWorker(input)) {
    this.#path = input.path;
    this.#worker = worker;
    this.opened = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
    this.#worker.on("message", (reply: Reply) => this.#settle(reply));
    let reason = "it has ended";
    this.#worker.on("error", (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", () => resolve(this.#end(reason)));
    });
  }

  nowMs(): number {
    return hostMs();
  }

  call<K extends Operation>(op: K, ...args: Parameters<Operations[K]>): Promise<ReturnType<Operations[K]>> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, op, args }, op === "commit" ? columnBuffers(args[0] as Rows | null) : []);
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply.value);
    else waiting?.reject(fromPlain(reply.error));
  }

  #end(reason: string): StoreError {
    const hint = "Restart the daemon; what was committed is in the file.";
    const message = `The thread that holds ${this.#path} is gone: ${reason}.`;
    this.#gone = new StoreError("STORE_THREAD_LOST", message, hint, { path: this.#path });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone);
    this.#waiting.clear();
    return this.#gone;
  }
}

/** Columns move to the thread instead of being copied: Pending made them for this one commit. */
function columnBuffers(rows: Rows | null): ArrayBuffer[] {
  return (rows?.nonces ?? []).flatMap(({ batch }) => NONCE_COLUMN_NAMES.map((name) => batch[name].buffer as ArrayBuffer));
}
