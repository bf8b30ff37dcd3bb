/** Results in a file, one line of JSON each: a run that was cut off goes on where it was. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";

/** All whole lines, oldest first; nothing where there is no file. Throws what `refuse` makes of the first line that is no JSON, counted from 1. */
export function readLines<T>(path: string, refuse: (line: number) => Error): T[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.flatMap((line, at) => (line === "" ? [] : [parsed<T>(line, () => refuse(at + 1))]));
}

/** Takes away a last line that was cut off while it was written: what is appended begins a line of its own. */
export function mendLines(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  truncateSync(path, bytes.lastIndexOf(0x0a) + 1);
}

export function appendLine(path: string, value: unknown): void {
  appendFileSync(path, `${JSON.stringify(value)}\n`);
}

function parsed<T>(line: string, refusal: () => Error): T {
  try {
    return JSON.parse(line) as T;
  } catch {
    throw refusal();
  }
}
