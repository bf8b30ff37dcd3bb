import type { StoreError } from "../../common/errors.ts";
import type { Operation, Operations } from "./protocol.ts";

/** Runs a store's operations one after another, in the order of the calls. */
export interface Engine {
  /** Resolves when the database is open; rejects with what openWritable or openReadonly threw. */
  readonly opened: Promise<unknown>;
  /** Resolves when nothing runs here any more, for whatever reason. */
  readonly ended: Promise<StoreError>;
  /** The monotonic clock on which operations tell when, ms: the same one on both sides. */
  nowMs(): number;
  /** What the operation returns; rejects with StoreError. Rows of a commit belong to the engine from here on. */
  call<K extends Operation>(op: K, ...args: Parameters<Operations[K]>): Promise<ReturnType<Operations[K]>>;
}
