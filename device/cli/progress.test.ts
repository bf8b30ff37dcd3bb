import { expect, test } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { ProgressLine } from "./progress.ts";

function lineTo(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  let nowNs = 5_000_000_000n;
  const line = new ProgressLine(stream, false, { ...hostClock(), nowNs: () => nowNs });
  return {
    line,
    written,
    pass: (s: number) => {
      nowNs += BigInt(s * 1e9);
    },
  };
}

test("in a pipe the same work is one line, and after each minute one that says how far it has come", () => {
  const { line, written, pass } = lineTo(false);
  line.show("step 1 of 4000", 1, 4000);
  pass(59);
  line.show("step 900 of 4000", 900, 4000);
  pass(1);
  line.show("step 1000 of 4000", 1000, 4000);
  pass(30);
  line.show("step 1500 of 4000", 1500, 4000);
  line.show("scoring", 0, 1);
  pass(61);
  line.show("scoring", 0, 0);
  expect(written).toEqual(["step 1 of 4000\n", "step 1000 of 4000 (25 %)\n", "scoring\n", "scoring\n"]);
});

test("on a terminal each call rewrites the line", () => {
  const { line, written } = lineTo(true);
  line.show("ramp", 1, 2);
  line.show("ramp", 2, 2);
  expect(written).toHaveLength(2);
  expect(written[1]).toMatch(/^\r.*100 % ramp$/);
});
