import { describe, expect, test } from "vitest";
import { drive } from "../../reservoir/drive.ts";
import { DelayLine } from "../../reservoir/software/delay-line.ts";
import { EchoStateNetwork } from "../../reservoir/software/esn.ts";
import { judge } from "./judge.ts";
import { parsePlan } from "./plan-file.ts";

const plan = (...more: string[]) =>
  parsePlan(
    [
      "name: a",
      "substrate: { kind: esn }",
      "task: { name: narma10, washout: 60, train: 600, test: 400 }",
      "decision: { rule: beats }",
      "controls: [shuffled]",
      ...more,
    ].join("\n"),
    "plan.yaml",
  );
const judged = (made: ReturnType<typeof plan>, substrate: () => EchoStateNetwork | DelayLine) =>
  judge({ plan: made, hash: "h", substrate: "s", origin: "software", driveSession: (u) => drive(substrate(), u) });

describe("an experiment in software", { timeout: 120_000 }, () => {
  test("says yes to an echo state network and no to the shift register it is compared with", async () => {
    const network = await judged(plan("seeds: [5, 6]"), () => new EchoStateNetwork({ nodes: 80, seed: 1 }));
    expect(network).toMatchObject({ answer: "yes", origin: "software", planHash: "h", scores: [{ seed: 5 }, { seed: 6 }] });
    expect((await judged(plan(), () => new DelayLine({ taps: 30 }))).answer).toBe("no");
  });

  test("in a closed loop the host alone is a control, named or not: what the host knew before is no answer of the chips'", async () => {
    const closed = parsePlan(
      [
        "name: a",
        "substrate: { kind: twin }",
        "task: { name: narma10, washout: 60, train: 600, test: 400 }",
        "decision: { rule: beats }",
        "mode: { name: dialogue, feedback: { signal: delay, gain: 0.1 } }",
      ].join("\n"),
      "plan.yaml",
    );
    const withHost = (nodes: number) =>
      judge({
        plan: closed,
        hash: "h",
        substrate: "s",
        origin: "twin",
        async driveSession(u) {
          const host = await drive(new EchoStateNetwork({ nodes, seed: 2 }), u);
          const emitted = [...u].map((_, t) =>
            host.names.map((name, k) => ({ knob: `fed back ${name}`, value: host.states.data[t * host.names.length + k] as number })),
          );
          return { ...(await drive(new EchoStateNetwork({ nodes: 80, seed: 1 }), u)), emitted };
        },
      });
    const rich = await withHost(200);
    expect(rich).toMatchObject({ answer: "no", hostMemory: expect.stringContaining("carries all earlier steps along") });
    expect(rich.sentence).toContain("scores below host alone in 0 of 1 seeds");
    expect(await withHost(2)).toMatchObject({ answer: "yes" });
  });

  test("uses the features that the plan names, and refuses names that are not there", async () => {
    const [first] = new DelayLine({ taps: 3 }).featureNames;
    const only = await judged(plan(`features: ["${first}"]`), () => new DelayLine({ taps: 3 }));
    const all = await judged(plan(), () => new DelayLine({ taps: 3 }));
    expect(only.scores[0]?.nrmse).toBeGreaterThan(all.scores[0]?.nrmse as number);
    await expect(judged(plan("features: [warmth]"), () => new DelayLine({ taps: 3 }))).rejects.toMatchObject({ code: "NO_SUCH_FEATURE" });
  });
});
