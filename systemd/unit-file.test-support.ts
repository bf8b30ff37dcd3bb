import { readFileSync } from "node:fs";
import path from "node:path";

export const FOLDER = path.resolve("systemd");
export const UNITS = [
  "asic-reservoir.service",
  "asic-reservoir-line-workers.service",
  "asic-reservoir-backup.service",
  "asic-reservoir-backup.timer",
  "asic-reservoir-retention.service",
  "asic-reservoir-retention.timer",
] as const;

export function textOf(name: string): string {
  return readFileSync(path.join(FOLDER, name), "utf8");
}

/** Everything that a unit file sets, by key, in its order. systemd.syntax(7) */
export function settingsOf(name: string): ReadonlyMap<string, readonly string[]> {
  const settings = new Map<string, string[]>();
  for (const line of textOf(name).split("\n")) {
    const match = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (match) settings.set(match[1] as string, [...(settings.get(match[1] as string) ?? []), match[2] as string]);
  }
  return settings;
}
