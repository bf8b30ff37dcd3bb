/** The store's operations without a thread, in the order of the calls and at the injected clock's times: the same run twice is the same twice. */
import type { Clock } from "../../common/clock.ts";
import { StoreError } from "../../common/errors.ts";
import type { Engine } from "./engine.ts";
import type { FailingDisk } from "./failing-disk.ts";
import { openOperations } from "./operations.ts";
import type { Operation, Operations, WorkerInput } from "./protocol.ts";
import { toStoreError } from "./sqlite-error.ts";

export class InProcessEngine implements Engine {
  readonly opened: Promise<Operations>;
  readonly ended: Promise<StoreError>;
  readonly #clock: Clock;
  readonly #disk: FailingDisk | null;
  readonly #path: string;
  #last: Promise<unknown>;
  #end: (reason: StoreError) => void = () => {};

  constructor(input: WorkerInput, clock: Clock, disk: FailingDisk | null = null) {
    this.#clock = clock;
    this.#disk = disk;
    this.#path = input.path;
    this.opened = new Promise<Operations>((resolve) => resolve(openOperations(input, { nowMs: () => this.nowMs(), disk }))).catch(
      (error: unknown) => {
        throw toStoreError(error, input.path);
      },
    );
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#last = this.opened.catch(() => undefined);
  }

  nowMs(): number {
    return Number(this.#clock.nowNs()) / 1e6;
  }

  call<K extends Operation>(op: K, ...args: Parameters<Operations[K]>): Promise<ReturnType<Operations[K]>> {
    const answer = this.#last.then(() => this.#run(op, args));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #run<K extends Operation>(op: K, args: Parameters<Operations[K]>): Promise<ReturnType<Operations[K]>> {
    const delayMs = this.#disk?.delayMs ?? 0;
    if (delayMs > 0) await this.#clock.sleep(delayMs);
    const operations = await this.opened;
    try {
      return (operations[op] as (...args: unknown[]) => ReturnType<Operations[K]>)(...args);
    } catch (error) {
      throw toStoreError(error, this.#path);
    } finally {
      if (op === "close") this.#end(new StoreError("STORE_CLOSED", `${this.#path} is closed.`, "Open it again.", { path: this.#path }));
    }
  }
}
