import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ORIGINS } from "../../common/origin.ts";
import { SHARE_VERDICTS } from "../../drivers/stratum/judge.ts";
import { ALGORITHMS, SERVED_COLUMNS, type ServedRow, type ServedShare, servedColumns, servedShareOf } from "./served-share.ts";

const share = fc.constantFrom(...ORIGINS).chain((origin) =>
  fc.constantFrom(...ALGORITHMS).chain((algorithm) =>
    fc.record<ServedShare>({
      origin: fc.constant(origin),
      algorithm: fc.constant(algorithm),
      workScale: origin === "twin" ? fc.integer({ min: 0, max: 32 }) : fc.constant(0),
      difficulty: fc.integer({ min: -32, max: 32 }).map((log2) => 2 ** log2),
      verdict: fc.constantFrom(...SHARE_VERDICTS),
      claimTrieRoot: fc.constant(algorithm === "lbry" ? "00".repeat(32) : null),
    }),
  ),
);

const rowOf = (of: ServedShare) =>
  Object.fromEntries(servedColumns(of).map((value, i) => [SERVED_COLUMNS[i] as string, String(value)])) as ServedRow;

describe("what the server writes beside a share", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(share, (of) => {
        expect(servedShareOf(rowOf(of))).toEqual(of);
      }),
    );
  });

  it.each([
    [{ origin: "Twin" }, "origin"],
    [{ algorithm: "" }, "algorithm"],
    [{ difficulty: "" }, "difficulty"],
    [{ difficulty: "300" }, "difficulty"],
    [{ work_scale: "" }, "work_scale"],
    [{ work_scale: "33" }, "work_scale"],
    [{ work_scale: "1.5" }, "work_scale"],
    // Nothing but a twin leaves zero bits out: whoever renames one is found.
    [{ origin: "hardware" }, "work_scale"],
    [{ verdict: "good" }, "verdict"],
    [{ claim_trie_root: "00" }, "claim_trie_root"],
    [{ algorithm: "lbry" }, "claim_trie_root"],
  ])("is refused with %j", (wrong, field) => {
    const row: ServedRow = {
      origin: "twin",
      algorithm: "sha256d",
      difficulty: "1",
      work_scale: "32",
      verdict: "valid",
      claim_trie_root: "",
    };
    expect(servedShareOf(row)).toMatchObject({ origin: "twin" });
    expect(servedShareOf({ ...row, ...wrong })).toEqual({ malformed: field });
  });
});
