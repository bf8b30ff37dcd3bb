/** What a changed file means for a running daemon: pure. */
import { LEAVES, type Leaf } from "./leaf.ts";
import { getIn } from "./load.ts";
import type { Config } from "./schema.ts";

export interface Change {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Changes {
  /** Those that the daemon can take. */
  readonly live: readonly Change[];
  /** Those that it cannot, each with the reason. */
  readonly restart: readonly (Change & { readonly why: string })[];
  /** The running configuration with the live changes, and no others. */
  readonly next: Config;
}

export function changesBetween(running: Config, wanted: Config): Changes {
  const live: Change[] = [];
  const restart: (Change & { why: string })[] = [];
  let next = running;
  // A key of several kinds of board is one key.
  for (const leaf of new Map(LEAVES.map((each) => [each.key, each])).values()) {
    const change: Change = { key: leaf.key, before: getIn(running, leaf.path), after: getIn(wanted, leaf.path) };
    if (same(change.before, change.after)) continue;
    const why = refusal(leaf, change);
    if (why === null) {
      live.push(change);
      next = replaced(next, leaf.path, change.after) as Config;
    } else restart.push({ ...change, why });
  }
  return { live, restart, next };
}

/** For a person: what it was and what it is. */
export function changeText({ key, before, after }: Change): string {
  return `${key}: ${JSON.stringify(before ?? null)} becomes ${JSON.stringify(after ?? null)}`;
}

/** null: a running daemon takes it. */
function refusal({ live, key }: Leaf, { before, after }: Change): string | null {
  if (live === null) return "needs a restart";
  if (live === "always") return null;
  return isTighter(key, before, after) ? null : "is looser, which needs a restart";
}

/** A limit that was not there is as loose as can be. */
function isTighter(key: string, before: unknown, after: unknown): boolean {
  if (typeof after !== "number") return false;
  if (typeof before !== "number") return true;
  return key.split(".").at(-1)?.startsWith("min") ? after >= before : after <= before;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function replaced(value: unknown, [key, ...rest]: readonly string[], inner: unknown): unknown {
  if (key === undefined) return inner;
  const object = (value ?? {}) as Record<string, unknown>;
  return { ...object, [key]: replaced(object[key], rest, inner) };
}
