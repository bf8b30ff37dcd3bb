/** What our own Stratum server writes beside a share in a capture: whose it is, what it had to be worth, and what the server called it. */
import { ORIGINS, type Origin } from "../../common/origin.ts";
import { SHARE_VERDICTS, type ShareVerdict } from "../../drivers/stratum/judge.ts";

/** After the columns that every capture has. Captures of others lack them all. */
export const SERVED_COLUMNS = ["origin", "algorithm", "difficulty", "work_scale", "verdict", "claim_trie_root"] as const;
export type ServedRow = Record<(typeof SERVED_COLUMNS)[number], string>;

export const ALGORITHMS = ["sha256d", "lbry"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The same for all shares of a capture. */
export interface ServedCapture {
  readonly origin: Origin;
  readonly algorithm: Algorithm;
  /** Zero bits that a twin left out; 0 for anything else. */
  readonly workScale: number;
}

export interface ServedShare extends ServedCapture {
  /** What was asked for when the share's job was sent: a power of two. */
  readonly difficulty: number;
  readonly verdict: ShareVerdict;
  /** As mining.notify printed it; null for Bitcoin. */
  readonly claimTrieRoot: string | null;
}

const MOST_SCALE = 32;

/** The columns read, or the name of the first that is not what the server writes. */
export function servedShareOf(row: ServedRow): ServedShare | { malformed: string } {
  const origin = ORIGINS.find((name) => name === row.origin);
  if (origin === undefined) return { malformed: "origin" };
  const algorithm = ALGORITHMS.find((name) => name === row.algorithm);
  if (algorithm === undefined) return { malformed: "algorithm" };
  const difficulty = Number(row.difficulty);
  if (!Number.isInteger(Math.log2(difficulty))) return { malformed: "difficulty" };
  const workScale = Number(row.work_scale);
  // Only a twin's shares are scaled: a file that says otherwise was changed.
  const scaled = Number.isInteger(workScale) && workScale >= 0 && workScale <= MOST_SCALE && (workScale === 0 || origin === "twin");
  if (row.work_scale === "" || !scaled) return { malformed: "work_scale" };
  const verdict = SHARE_VERDICTS.find((name) => name === row.verdict);
  if (verdict === undefined) return { malformed: "verdict" };
  if ((algorithm === "lbry") === (row.claim_trie_root === "")) return { malformed: "claim_trie_root" };
  return { origin, algorithm, difficulty, workScale, verdict, claimTrieRoot: algorithm === "lbry" ? row.claim_trie_root : null };
}

export function servedColumns(share: ServedShare): readonly (string | number)[] {
  return [share.origin, share.algorithm, share.difficulty, share.workScale, share.verdict, share.claimTrieRoot ?? ""];
}
