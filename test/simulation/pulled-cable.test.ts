/** What a person reads while a board's cable is out: that it may run on, and what becomes of it; in virtual time. docs/safety.md */
import { expect, it } from "vitest";
import { scenarioOf } from "../../device/simulation/scenario.ts";
import { simulate } from "../../device/simulation/simulation.ts";
import type { LogEvent } from "../../telemetry/messages.ts";
import type { FaultSpec } from "../../twin/index.ts";

const TIMEOUT_MS = 180_000;
/** A Bitaxe hashes after 8.4 s. */
const STRIKES_MS = 12_000;
const OVER_MS = STRIKES_MS + 6_000;
const END_MS = 24_000;

interface Said extends Pick<LogEvent, "level" | "text"> {
  /** After the strike. */
  readonly atMs: number;
}

/** Why a board in fault is in fault, and all that is said after the strike. */
async function saidOf(
  name: FaultSpec["name"],
  emergencyOffAtMs: number | null = null,
): Promise<{ reasons: readonly string[]; said: readonly Said[] }> {
  const reasons: string[] = [];
  const said: Said[] = [];
  let nowMs = () => 0;
  const scenario = scenarioOf(21, { board: "bitaxe-ultra", minutes: END_MS / 60_000 });
  const faults: FaultSpec[] = [{ name, atMs: STRIKES_MS, untilMs: OVER_MS }];
  const outcome = await simulate(
    { ...scenario, faults, emergencyOffAtMs, plan: [] },
    {
      meddle: ({ time }) => {
        nowMs = () => time.nowNs / 1e6;
      },
      published: ({ topic, value }) => {
        const atMs = nowMs() - STRIKES_MS;
        if (topic === "state" && value.state === "fault") reasons.push(value.stateReason);
        if (topic === "event" && atMs >= 0) said.push({ level: value.level, text: value.text, atMs });
      },
    },
  );
  expect(outcome.violations).toEqual([]);
  return { reasons, said };
}

const MAY_RUN_ON = "nothing reaches the board while its cable is out, so it may run on; it is switched off as soon as the cable is back";

it("says once what becomes of the board, and that it is off when it is", { timeout: TIMEOUT_MS }, async () => {
  const { reasons, said } = await saidOf("link-cut");
  expect(reasons).toEqual([expect.stringMatching(/^LINK_LOST: .* Check the cable and the board's power\.$/)]);
  const runsOn = said.filter(({ text }) => text.startsWith(MAY_RUN_ON));
  expect(runsOn.map(({ level }) => level)).toEqual(["error"]);
  expect(runsOn[0]?.atMs).toBeLessThan(1_000);
  const off = said.find(({ text }) => text.startsWith("core off: "));
  expect(off?.atMs).toBeGreaterThan(OVER_MS - STRIKES_MS);
  // Tried once a second while the cable was out, and told of once.
  expect(said.filter(({ text }) => text.startsWith("could not switch the core off"))).toEqual([]);
});

it("says of a bridge that does not answer that the board could not be switched off: no cable is out", { timeout: TIMEOUT_MS }, async () => {
  const { said } = await saidOf("control-half-open", STRIKES_MS + 1_000);
  expect(said).toContainEqual(expect.objectContaining({ level: "error", text: expect.stringMatching(/^could not switch the core off: /) }));
  expect(said.filter(({ text }) => text.includes("cable is out"))).toEqual([]);
});
