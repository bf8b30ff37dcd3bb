/** Reads values of which only the daemon knows the shape: what is not there, or of another kind, is null. */
export type JsonObject = { readonly [name: string]: unknown };

export function object(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The objects of a list; anything else in it is left out. */
export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(object).filter((one) => one !== null) : [];
}

export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function pair(value: unknown): [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [low, high] = value.map(number);
  return low == null || high == null ? null : [low, high];
}
