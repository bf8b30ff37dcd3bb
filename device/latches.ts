/** Faults that stay until a person clears them. They live in memory, and in control.db where there is a disk; what decides never waits for that. */
import path from "node:path";
import { AsicError, DriverError, explain, StoreError } from "../common/errors.ts";
import type { ControlStore } from "../telemetry/control/control-store.ts";

/**
 * What a person must have looked at before the board is energised again. Not among them: a cable that was pulled, ports, disks and settings, whose
 * cause is plain and gone when it works again; nor what a way up found and ended with the board off.
 */
const LATCHING = new Set(["SENTINEL", "WATCHDOG", "LEASE_EXPIRED", "HEARTBEAT_LOST", "STILL_ON", "EMERGENCY_OFF", "RESET_READBACK"]);

/** An error that nobody foresaw latches too. */
export function latches(cause: Error): boolean {
  return !(cause instanceof AsicError) || LATCHING.has(cause.code);
}

/** Beside the record: control.db for telemetry.db, NAME.control.db for another name. In memory for a record in memory. */
export function controlPath(storePath: string): string {
  if (storePath === ":memory:") return storePath;
  const { dir, name } = path.parse(storePath);
  return path.join(dir, name === "telemetry" ? "control.db" : `${name}.control.db`);
}

export interface LatchParts {
  readonly rig: string;
  readonly wallMs: () => number;
  /** Opens control.db; throws StoreError. */
  readonly open: () => ControlStore;
  /** Whoever asks looks again once a person has cleared it: nobody need stop the program. */
  readonly clearedWhileRunning?: boolean;
}

export class Latches {
  readonly #parts: LatchParts;
  /** What was to be said before anybody listened. */
  readonly #unsaid: string[] = [];
  #tell: ((text: string) => void) | null = null;
  readonly #store: ControlStore | null;
  readonly #latched: { readonly id: number | null; readonly text: string }[] = [];

  /** StoreError CONTROL_UNREADABLE; without a disk to make the file on they live in memory, which is said. */
  constructor(parts: LatchParts) {
    this.#parts = parts;
    this.#store = this.#opened();
    for (const { id, code, cause } of this.#store?.latches(parts.rig) ?? []) this.#latched.push({ id, text: `${code}: ${cause}` });
  }

  /** control.db; null without a disk. */
  get store(): ControlStore | null {
    return this.#store;
  }

  /** DriverError FAULT_LATCHED while there is one. */
  requireNone(): void {
    const [first] = this.#latched;
    if (first === undefined) return;
    const more = this.#latched.length > 1 ? ` (and ${this.#latched.length - 1} more)` : "";
    const hint =
      first.id === null
        ? "Find the cause, then start the daemon again."
        : `Find the cause${this.#parts.clearedWhileRunning ? "" : ", stop the daemon"}, then: asic-reservoir faults clear ${first.id} --config FILE --reason TEXT`;
    throw new DriverError("FAULT_LATCHED", `A fault is latched${more}: ${first.text.replace(/\.$/, "")}.`, hint, {
      id: first.id,
      latched: this.#latched.length,
    });
  }

  /** In memory at once; on the disk when `boardSafe` has resolved, because a disk may take seconds that the board does not have. */
  latch(cause: Error, evidence: unknown, boardSafe: Promise<unknown>): void {
    if (!latches(cause)) return;
    const code = cause instanceof AsicError ? cause.code : "UNEXPECTED";
    const wallMs = this.#parts.wallMs();
    const at = this.#latched.push({ id: null, text: explain(cause) }) - 1;
    void boardSafe.then(() =>
      this.#write(() => {
        const id = this.#store?.latch({ rig: this.#parts.rig, code, cause: cause.message, evidence, wallMs }) ?? null;
        this.#latched[at] = { id, text: explain(cause) };
      }),
    );
  }

  /**
   * A person's order upon a board that is in fault. It is off already; but where all its faults were cleared a moment ago it is about to come up, and
   * this is a fault of its own.
   */
  latchAgain(cause: DriverError): void {
    this.#write(() => {
      const store = this.#store;
      const written = this.#latched.length > 0 && this.#latched.every(({ id }) => id !== null);
      if (store === null || !written || store.latches(this.#parts.rig).length > 0) return;
      const { rig, wallMs } = this.#parts;
      const id = store.latch({ rig, code: cause.code, cause: cause.message, evidence: null, wallMs: wallMs() });
      this.#latched.push({ id, text: explain(cause) });
    });
  }

  note(what: string, detail: string): void {
    this.#write(() => this.#store?.note(this.#parts.rig, what, detail, this.#parts.wallMs()));
  }

  /** Who hears what went wrong with the disk, from now on and until now. */
  tellTo(tell: (text: string) => void): void {
    this.#tell = tell;
    for (const text of this.#unsaid.splice(0)) tell(text);
  }

  async close(): Promise<void> {
    this.#store?.close();
  }

  #log(text: string): void {
    if (this.#tell === null) this.#unsaid.push(text);
    else this.#tell(text);
  }

  #opened(): ControlStore | null {
    try {
      return this.#parts.open();
    } catch (error) {
      if (error instanceof StoreError && error.code === "CONTROL_UNREADABLE") throw error;
      this.#log(`faults are latched in memory alone: ${explain(error)}`);
      return null;
    }
  }

  #write(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log(`control.db: ${explain(error)}`);
    }
  }
}
