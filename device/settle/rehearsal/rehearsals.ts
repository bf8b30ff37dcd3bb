/** Which claims a twin can rehearse, and how: what costs one run for several claims is one rehearsal. */
import { ConfigError } from "../../../common/errors.ts";
import type { Rehearsal } from "../claim.ts";
import type { RehearsalContext } from "./arms.ts";
import { avalanches } from "./avalanches.ts";
import { clocks } from "./clocks.ts";
import { spatialCoupling } from "./coupling.ts";
import { edges } from "./edges.ts";
import { zeroErrors } from "./errors.ts";
import { heartbeat } from "./heartbeat.ts";
import { identity } from "./identity.ts";
import { capacity, echo } from "./memory.ts";
import { lv06Clock } from "./narma-clock.ts";
import { prefetch } from "./prefetch.ts";
import { s9Stream } from "./s9-stream.ts";
import { seeds } from "./seeds.ts";
import { thermalGhost } from "./thermal.ts";
import { voltages } from "./voltages.ts";

export interface RehearsalPlan {
  readonly claims: readonly string[];
  readonly run: (context: RehearsalContext) => Promise<Readonly<Record<string, Rehearsal>>>;
}

export const REHEARSALS: readonly RehearsalPlan[] = [
  { claims: ["non-poisson", "voltage-table"], run: voltages },
  { claims: ["heartbeat"], run: heartbeat },
  { claims: ["resonance", "separation"], run: clocks },
  { claims: ["seeds"], run: seeds },
  { claims: ["thermal-ghost"], run: thermalGhost },
  { claims: ["echo-state"], run: echo },
  { claims: ["memory-capacity"], run: capacity },
  { claims: ["narma-lv06"], run: lv06Clock },
  { claims: ["narma-dialogue", "narma-monologue", "causality", "tpf-s9", "entropy-source"], run: s9Stream },
  { claims: ["vbm"], run: prefetch },
  { claims: ["edge-sync", "edge-optimal"], run: edges },
  { claims: ["spatial-coupling"], run: spatialCoupling },
  { claims: ["avalanches"], run: avalanches },
  { claims: ["puf"], run: identity },
  { claims: ["zero-errors"], run: zeroErrors },
];

/** Those that say something of the claims; all when none is named. ConfigError NO_REHEARSAL for a claim of which a twin can say nothing. */
export function rehearsalsOf(claims: readonly string[]): RehearsalPlan[] {
  for (const claim of claims)
    if (!REHEARSALS.some((plan) => plan.claims.includes(claim)))
      throw new ConfigError(
        "NO_REHEARSAL",
        `A twin has nothing to say of ${claim}.`,
        `It can rehearse ${REHEARSALS.flatMap((plan) => plan.claims).join(", ")}.`,
        { claim },
      );
  return REHEARSALS.filter((plan) => claims.length === 0 || plan.claims.some((claim) => claims.includes(claim)));
}
