/** Lines for systemd's journal, which takes a priority from the beginning of each: sd-daemon(3). */
import { fstatSync } from "node:fs";
import type { LogEvent } from "../../telemetry/messages.ts";

const PRIORITY: Readonly<Record<LogEvent["level"], number>> = { error: 3, warning: 4, info: 6 };

/** Every line of a text with its priority. */
export function journalLines(text: string, level: LogEvent["level"]): string {
  return text.replace(/^/gm, `<${PRIORITY[level]}>`);
}

/** Whether a descriptor leads to the journal: $JOURNAL_STREAM names its device and inode, and a redirected one has others. systemd.exec(5) */
export function leadsToJournal(descriptor: number, environment: Readonly<Record<string, string | undefined>>): boolean {
  if (!environment.JOURNAL_STREAM) return false;
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    return environment.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
