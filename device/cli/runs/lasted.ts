/** How long a run lasted, in words. */
import type { StoredAnchor } from "../../clock-anchors.ts";

interface Span {
  readonly startedWallMs: number;
  readonly endedWallMs: number | null;
}

/** By the wall clock alone: "unknown" where it was set back meanwhile. */
export function lasted({ startedWallMs, endedWallMs }: Span): string {
  if (endedWallMs === null) return "–";
  return endedWallMs < startedWallMs ? "unknown" : seconds(endedWallMs - startedWallMs);
}

/**
 * The same by a run's clock anchors where they tell that the wall clock was set: they stand at its begin and its end, and with a minute between
 * them at the most. A run that was not closed in order lasted longer than up to the last of them.
 */
export function lastedByAnchors(run: Span & { readonly status: string }, results: readonly { kind: string; value: unknown }[]): string {
  const anchors = results.filter(({ kind }) => kind === "clock-anchor").map(({ value }) => value as StoredAnchor);
  const [first, last] = [anchors[0], anchors.at(-1)];
  if (run.endedWallMs === null || first === undefined || last === undefined) return lasted(run);
  if (!anchors.some(({ stepped }) => stepped)) return lasted(run);
  const least = run.status === "interrupted" ? "at least " : "";
  return `${least}${seconds(Number(BigInt(last.monotonicNs) - BigInt(first.monotonicNs)) / 1e6)} (the wall clock was set meanwhile)`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
