/** How often each fault struck in each thing that the daemon does, over many runs: what is nought was never tried. */
import type { DeviceState } from "../../telemetry/messages.ts";
import { type FaultName, faultNames } from "../../twin/index.ts";

/** Its state; `sweep` while it runs one, `gone` while no process is there. */
export type Place = DeviceState | "sweep" | "gone";
export const PLACES: readonly Place[] = [
  "cold",
  "identified",
  "limits-verified",
  "armed",
  "energised",
  "running",
  "sweep",
  "cooling",
  "fault",
  "gone",
];

export interface Hit {
  readonly spec: { readonly name: FaultName };
  readonly struckIn: Place | null;
}

export type Coverage = Readonly<Partial<Record<FaultName, Readonly<Record<Place, number>>>>>;

/** Faults of which none struck are absent. */
export function coverageOf(hits: readonly Hit[]): Coverage {
  const rows = faultNames().flatMap((name) => {
    const of = hits.filter(({ spec, struckIn }) => spec.name === name && struckIn !== null);
    const row = Object.fromEntries(PLACES.map((place) => [place, of.filter(({ struckIn }) => struckIn === place).length]));
    return of.length === 0 ? [] : [[name, row]];
  });
  return Object.fromEntries(rows) as Coverage;
}
