import fc from "fast-check";
import { expect, test } from "vitest";
import { presentedBy } from "./presented.ts";
import { TokenRing } from "./tokens.ts";

const coded = (code: string) => expect.objectContaining({ code });
const longEnough = fc.string({ minLength: 16, maxLength: 40 });

test("a token gives its own role and nothing else does", () => {
  fc.assert(
    fc.property(longEnough, longEnough, fc.string(), (view, operate, guess) => {
      fc.pre(view !== operate && guess !== view && guess !== operate);
      const ring = new TokenRing({ view, operate });
      expect([ring.roleOf(view), ring.roleOf(operate), ring.roleOf(guess)]).toEqual(["view", "operate", null]);
      expect(ring.roleOfSession(ring.sessionOf("view"))).toBe("view");
      expect(ring.roleOfSession(ring.sessionOf("view").replace("view", "operate"))).toBeNull();
      expect(ring.roleOfSession(guess)).toBeNull();
    }),
    { numRuns: 50 },
  );
});

test("a session of another start, or of a role whose token was taken away, is worth nothing", () => {
  const tokens = { view: "v".repeat(20), operate: "o".repeat(20) };
  const session = new TokenRing(tokens).sessionOf("operate");
  expect(new TokenRing(tokens).roleOfSession(session)).toBeNull();
  const ring = new TokenRing({ ...tokens, operate: null });
  expect(ring.roleOfSession(ring.sessionOf("operate"))).toBeNull();
});

test("short tokens, and one for both roles, are refused", () => {
  expect(() => new TokenRing({ view: "short", operate: null })).toThrow(coded("TOKEN_SHORT"));
  expect(() => new TokenRing({ view: "x".repeat(20), operate: "x".repeat(20) })).toThrow(coded("TOKENS_EQUAL"));
});

test("what is presented is read back from every way of presenting it, and no header breaks the reading", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{1,40}$/), fc.stringMatching(/^[^:]{0,9}$/), (token, user) => {
      const basic = Buffer.from(`${user}:${token}`).toString("base64");
      expect(presentedBy({ authorization: `Bearer ${token}` }).token).toBe(token);
      expect(presentedBy({ authorization: `basic ${basic}` }).token).toBe(token);
    }),
  );
  expect(presentedBy({ cookie: "a=1; asicr=view.xyz; b=2" }).session).toBe("view.xyz");
  fc.assert(fc.property(fc.string(), fc.string(), (authorization, cookie) => void presentedBy({ authorization, cookie })));
});
