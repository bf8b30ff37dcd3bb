/** What client.ts and worker.ts say to each other. Errors cross as plain fields, since a structured clone forgets their class. */
import { StoreError } from "../../common/errors.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

export interface WorkerInput {
  readonly path: string;
  readonly readonly: boolean;
  readonly maxBytes: number | null;
  /** Above it the oldest finished runs are rolled up; null: never. */
  readonly budgetBytes: number | null;
  /** Written into each run, so that the record itself says what a killed process could lose. */
  readonly commitIntervalMs: number;
  /** When it is opened, ms since 1970. */
  readonly wallMs: number;
}

/** Monotonic, ms, the same on all threads of a process. */
export function hostMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export type Operations = Reader & Writer & { setBudget(budgetBytes: number | null): void; close(): void };
export type Operation = keyof Operations;

export type Request = { [K in Operation]: { readonly id: number; readonly op: K; readonly args: Parameters<Operations[K]> } }[Operation];

export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** `id` 0 answers the opening itself. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PlainError };

export function toPlain(error: StoreError): PlainError {
  return { code: error.code, message: error.message, hint: error.hint, context: { ...error.context } };
}

export function fromPlain(error: PlainError): StoreError {
  return new StoreError(error.code, error.message, error.hint, { ...error.context });
}
