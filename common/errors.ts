/**
 * What every layer throws. `code` is stable and searchable, `message` says what is wrong in one sentence, `hint` says
 * what a person can do about it, `context` holds the numbers behind it.
 */
export class AsicError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, hint: string, context: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
    this.context = context;
  }
}

/** A chip, board, port or bridge did not do what it was asked. */
export class DriverError extends AsicError {}
/** A configuration file, command line or plan cannot be used as written. */
export class ConfigError extends AsicError {}
/** The database cannot be opened, written or understood. */
export class StoreError extends AsicError {}
/** An experiment's inputs do not allow an honest answer. */
export class ScienceError extends AsicError {}
/** A digital twin was asked for something it cannot be. */
export class TwinError extends AsicError {}
/** A recording is missing, truncated or corrupt. */
export class RecordingError extends AsicError {}
/** The broker, the web server or a client of them failed. */
export class TelemetryError extends AsicError {}

/** A firmware image, its signature or the device it is meant for is not what it should be. */
export class FirmwareError extends AsicError {}

/** One line for a person: what is wrong, then what to do. Errors of other kinds keep their own message. */
export function explain(error: unknown): string {
  if (error instanceof AsicError) return `${error.code}: ${error.message} ${error.hint}`.trim();
  return error instanceof Error ? error.message : String(error);
}
