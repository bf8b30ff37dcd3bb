/** What a service says to its manager, sd_notify(3): lines of KEY=VALUE in one datagram. */
export interface Notice {
  readonly ready?: boolean;
  readonly stopping?: boolean;
  readonly watchdog?: boolean;
  /** One line for `systemctl status`. */
  readonly status?: string;
}

/** The datagram's text; a status of several lines becomes one, because a line of its own would be read as a key. */
export function noticeText({ ready, stopping, watchdog, status }: Notice): string {
  const lines: string[] = [];
  if (ready) lines.push("READY=1");
  if (stopping) lines.push("STOPPING=1");
  if (status !== undefined) lines.push(`STATUS=${status.replace(/[\r\n\0]+/g, " ").trim()}`);
  if (watchdog) lines.push("WATCHDOG=1");
  return lines.join("\n");
}
