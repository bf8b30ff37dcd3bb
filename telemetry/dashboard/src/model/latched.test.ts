import { expect, it } from "vitest";
import { cleared, faultsIn } from "./latched.ts";

it("reads a list of faults, and leaves out what is none", () => {
  const fault = { id: 3, rig: "bench", code: "SENTINEL", cause: "too hot", evidence: null, wallMs: 5, clearedReason: null };
  expect(faultsIn([fault, null, { code: "X" }, 7])).toEqual([{ id: 3, code: "SENTINEL", cause: "too hot", wallMs: 5 }]);
  for (const other of [null, {}, "[]"]) expect(faultsIn(other)).toBeNull();
});

it("says what the daemon said, and asks for a token only where who asks is the question", () => {
  expect(cleared({ ok: true, status: 200, body: { rig: "a", cleared: 3, left: 1 } })).toEqual({ phase: "cleared", left: 1 });
  const role = { detail: "Role local may not do this.", hint: "Use the token of role operate." };
  expect(cleared({ ok: false, status: 403, body: role })).toEqual({
    phase: "asking",
    refused: "Role local may not do this. Use the token of role operate.",
    wantsToken: true,
  });
  expect(cleared({ ok: false, status: 401, body: null })).toMatchObject({ refused: expect.stringContaining("401"), wantsToken: true });
  expect(cleared({ ok: false, status: 409, body: { detail: "Cleared before." } })).toMatchObject({
    refused: "Cleared before.",
    wantsToken: false,
  });
  expect(cleared(null)).toMatchObject({ phase: "asking", wantsToken: false });
});
