import { AsicError, ConfigError, explain, RecordingError, ScienceError } from "../../common/errors.ts";

/** What the process says when it ends. */
export const EXIT = { good: 0, no: 1, usage: 2, environment: 3 } as const;

/** Errors of other layers that are about what was typed. */
const TYPED = new Set(["OPTION_OUT_OF_RANGE", "STRATUM_ADDRESS", "DATABASE_MISSING", "EXPORT_MISSING"]);

/** Bad input ends with 2; hardware, files and the environment with 3. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof RecordingError || error instanceof ScienceError) return EXIT.usage;
  return error instanceof AsicError && TYPED.has(error.code) ? EXIT.usage : EXIT.environment;
}

/** Says what went wrong: one sentence and what to do, or one JSON document. Errors we did not foresee keep their stack. */
export function reportError(error: unknown, json: boolean): void {
  if (json) {
    const { code, hint, context } = error instanceof AsicError ? error : { code: "UNEXPECTED", hint: "", context: {} };
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint, context } })}\n`);
  } else {
    process.stderr.write(`${error instanceof AsicError ? explain(error) : error instanceof Error ? error.stack : String(error)}\n`);
  }
}
