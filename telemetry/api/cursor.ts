/** Where a list goes on. A cursor is opaque to clients: only what an answer gave may be sent back. */

/** The parts of a cursor of this kind, or null when the text is none. */
export function readCursor(kind: string, text: string): readonly number[] | null {
  const [found, ...parts] = Buffer.from(text, "base64url").toString("latin1").split(":");
  if (found !== kind || parts.length === 0 || !parts.every((part) => /^\d{1,15}$/.test(part))) return null;
  return cursorOf(kind, parts.map(Number)) === text ? parts.map(Number) : null;
}

export function cursorOf(kind: string, parts: readonly number[]): string {
  return Buffer.from([kind, ...parts].join(":"), "latin1").toString("base64url");
}
