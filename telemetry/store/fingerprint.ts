import { createHash } from "node:crypto";

export interface Fingerprint {
  readonly software: string | null;
  readonly configSha256: string | null;
}

/** What tells runs of other programs and other configurations apart. `provenance`: JSON with `software` and `config`, where they are known. */
export function fingerprint(provenance: string): Fingerprint {
  const { software, config } = Object(JSON.parse(provenance)) as Record<string, unknown>;
  return {
    software: typeof software === "string" ? software : null,
    configSha256:
      config === undefined || config === null
        ? null
        : createHash("sha256")
            .update(JSON.stringify(sorted(config)))
            .digest("hex"),
  };
}

/** The same value with its keys in order: how a file arranged them is no difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
