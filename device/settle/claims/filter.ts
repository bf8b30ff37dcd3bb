/** Rows 16 to 21: the Thermodynamic Probability Filter. CLAIMS A, F, K */
import type { ClaimRow } from "../claim.ts";
import { EARLY_ROUNDS } from "./filter/early-rounds.ts";
import { TPF_S9 } from "./filter/next-share.ts";
import { HASHRATE_GAIN, TPF_THEORY } from "./filter/policies.ts";
import { TPF_LV06, TPF_MLP } from "./filter/published-learners.ts";

export const FILTER: readonly ClaimRow[] = [TPF_THEORY, TPF_LV06, TPF_MLP, TPF_S9, HASHRATE_GAIN, EARLY_ROUNDS];
