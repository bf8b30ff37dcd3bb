import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { faultsMarkdown } from "./twin-faults-text.ts";

it("docs/twin.md ends with the table of faults as it is (mend with `./asic-reservoir twin faults --markdown`)", () => {
  const text = readFileSync("docs/twin.md", "utf8");
  expect(text.slice(text.indexOf("### LINK"))).toBe(faultsMarkdown());
});
