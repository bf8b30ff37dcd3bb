import { setTimeout as wait } from "node:timers/promises";
import { DriverError } from "../../common/errors.ts";
import { hurryLineWorkers, type LineWorkers } from "../../drivers/native/line-workers.ts";
import { EXIT } from "./exit.ts";

const LOOK_MS = 1000;

export interface LineWorkersOptions {
  json?: boolean;
}

/** Until the signal aborts; a line when it begins and at each change. DriverError LINE_WORKERS_REFUSED. */
export async function lineWorkersCommand(
  { json }: LineWorkersOptions,
  signal: AbortSignal,
  hurry: () => LineWorkers = hurryLineWorkers,
): Promise<number> {
  const workers = hurry();
  let said = -1;
  try {
    while (!signal.aborted) {
      const refusal = workers.refusal();
      const count = workers.count();
      if (refusal !== null && count === 0) throw refused(refusal);
      if (count !== said) {
        said = count;
        process.stdout.write(json ? `${JSON.stringify({ realtime: count })}\n` : `${sentence(count)}\n`);
      }
      await wait(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    workers.release();
  }
  return EXIT.good;
}

function sentence(count: number): string {
  if (count === 0) return "No such worker can be seen: a container shows none, nor does /proc with hidepid.";
  return `${count} of the kernel's workers run${count === 1 ? "s" : ""} at real-time priority.`;
}

function refused(code: string): DriverError {
  const hint = "Run it as root, or give it CAP_SYS_NICE; a container needs that of the host.";
  return new DriverError("LINE_WORKERS_REFUSED", `The system does not let the kernel's workers have real-time priority (${code}).`, hint, {
    code,
  });
}
